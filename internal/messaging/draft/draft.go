// Package draft keeps what a member of staff has begun to write and not sent.
//
// A draft lies on the server, sealed under the key of the person it is for, so
// that nothing personal stays in a browser and the colleague finds it again on
// another machine. It also tells two colleagues that they are answering the
// same person: whoever has a draft that changed a moment ago is typing.
package draft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const (
	// Typing is for how long after the last change its author counts as typing.
	Typing = 12 * time.Second
	// Life is how long a draft is kept that nobody goes on with.
	Life = 30 * 24 * time.Hour

	sealContext = "draft"
)

// Place is where a draft belongs: whom it is for, on which number, and who
// writes it.
type Place struct {
	Org     id.Org
	Contact id.Person
	Channel id.Channel
	Account id.Account
}

// Draft is an unsent message.
type Draft struct {
	pii.Personal
	Text    string     `json:"text"`
	ReplyTo id.Message `json:"reply_to,omitzero"`
}

// Other is a colleague's draft, as one is told of it: not what it says.
type Other struct {
	Account id.Account
	Contact id.Person // whom it is for: she, or a record that is linked with hers
	Changed time.Time
	Typing  bool
}

// Box keeps drafts.
type Box struct {
	vault *vault.Vault
	now   func() time.Time
}

// New makes a Box.
func New(v *vault.Vault, now func() time.Time) *Box { return &Box{v, now} }

// Save keeps a draft; an empty text deletes it.
func (b *Box) Save(ctx context.Context, tx store.Tx, p *chat.Known, at Place, d Draft) error {
	if d.Text == "" {
		return b.Delete(ctx, tx, at)
	}
	if p.Keys == nil {
		return vault.ErrDestroyed
	}
	plain, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO draft (org_id, contact_id, channel_id, account_id, sealed, changed_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (org_id, contact_id, channel_id, account_id) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at`,
		at.Org, at.Contact, at.Channel, at.Account, p.Keys.Seal(sealContext, at.Account, plain), store.Micros(b.now()))
	if err != nil {
		return fmt.Errorf("keep a draft: %w", err)
	}
	return nil
}

// Delete deletes a draft, because it was sent or emptied.
func (b *Box) Delete(ctx context.Context, tx store.Tx, at Place) error {
	if _, err := tx.Exec(ctx, "DELETE FROM draft WHERE org_id = ? AND contact_id = ? AND channel_id = ? AND account_id = ?", at.Org, at.Contact, at.Channel, at.Account); err != nil {
		return fmt.Errorf("delete a draft: %w", err)
	}
	return nil
}

// Get reads a draft; the zero Draft if there is none.
func (b *Box) Get(ctx context.Context, r store.Reader, p *chat.Known, at Place) (Draft, error) {
	var sealed []byte
	var d Draft
	err := r.QueryRow(ctx, "SELECT sealed FROM draft WHERE org_id = ? AND contact_id = ? AND channel_id = ? AND account_id = ?", at.Org, at.Contact, at.Channel, at.Account).Scan(&sealed)
	if errors.Is(err, store.ErrNoRows) || err == nil && p.Keys == nil {
		return d, nil
	}
	if err != nil {
		return d, fmt.Errorf("read a draft: %w", err)
	}
	return opened(p.Keys, at.Account, sealed)
}

// Others tells which colleagues have a draft for the same person on the same
// number, the last changed first, also for one of the records that are linked with
// hers: both may be about to write to one phone.
func (b *Box) Others(ctx context.Context, r store.Reader, at Place, linked ...id.Person) ([]Other, error) {
	now := b.now()
	all, err := store.CollectIn(ctx, r, func(row store.Row) (Other, error) {
		var o Other
		var changed int64
		err := row.Scan(&o.Account, &o.Contact, &changed)
		o.Changed = store.Time(changed)
		o.Typing = now.Sub(o.Changed) < Typing
		return o, err
	}, "SELECT account_id, contact_id, changed_at FROM draft WHERE org_id = ? AND channel_id = ? AND account_id <> ? AND contact_id IN (?) ORDER BY changed_at DESC",
		id.Distinct(append(linked, at.Contact)), at.Org, at.Channel, at.Account)
	if err != nil {
		return nil, fmt.Errorf("read colleagues' drafts: %w", err)
	}
	return all, nil
}

// Erase deletes all drafts for a person.
func (b *Box) Erase(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) (int64, bool, error) {
	_, err := tx.Exec(ctx, "DELETE FROM draft WHERE org_id = ? AND contact_id = ?", org, contact)
	return 0, false, err
}

// Expire deletes drafts that nobody has gone on with for Life.
func (*Box) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM draft WHERE org_id = ? AND changed_at < ?", org, store.Micros(now.Add(-Life)))
	return err
}
