// Package retention keeps what must not be deleted yet: a legal hold stops the
// erasure of a person while a claim is open (GDPR Art. 17(3)(e)). It has a
// reason, an owner and an end, so that none is forgotten.
package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such legal hold")
	ErrReason   = errors.New("a legal hold needs a reason: which claim is it for?")
	ErrEnd      = errors.New("a legal hold needs an end in the future, at most three years away: it can be renewed")
)

// longest is how long a hold may last before somebody has to look again.
const longest = 3 * 366 * 24 * time.Hour

// Hold is a legal hold.
type Hold struct {
	pii.Personal
	ID      id.Hold
	Contact id.Person
	// Conversation is the only one that the hold keeps from the retention run;
	// zero: all of the person. The person cannot be erased either way.
	Conversation id.Conversation
	By           id.Account // its owner, a member of staff
	Reason       string
	Began        time.Time
	Until        time.Time
	Lifted       time.Time
}

// Active reports whether the hold stops deletion at a moment.
func (h Hold) Active(now time.Time) bool { return h.Lifted.IsZero() && now.Before(h.Until) }

// Threads are the conversations.
type Threads interface {
	// Of lists the conversations of a person.
	Of(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]id.Conversation, error)
	// CardsBefore counts the contact cards that are kept since before a moment.
	CardsBefore(ctx context.Context, r store.Reader, org id.Org, before time.Time) (int64, error)
}

// Holds keeps legal holds.
type Holds struct {
	vault   *vault.Vault
	ids     *id.Source
	now     func() time.Time
	ledger  evidence.Ledger
	threads Threads
	people  People
}

// People is the book of people.
type People interface {
	// LinkedWith lists some people and all whose records are linked with theirs.
	LinkedWith(ctx context.Context, r store.Reader, org id.Org, people ...id.Person) ([]id.Person, error)
}

// Linking says who knows whose records are linked: a hold on one holds for all
// of them. Call it before the Holds are used.
func (d *Holds) Linking(people People) { d.people = people }

// New makes Holds.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, ledger evidence.Ledger, threads Threads) *Holds {
	return &Holds{v, ids, now, ledger, threads, alone{}}
}

// alone is the book of who is linked with nobody.
type alone struct{}

// LinkedWith lists the people themselves.
func (alone) LinkedWith(_ context.Context, _ store.Reader, _ id.Org, people ...id.Person) ([]id.Person, error) {
	return people, nil
}

const reasonContext = "legal_hold.reason"

// Place places a hold on a person, or on one conversation with her. Errors:
// ErrReason, ErrEnd; ErrNotFound: she has no such conversation.
func (d *Holds) Place(ctx context.Context, tx store.Tx, org id.Org, h Hold) (Hold, error) {
	h.Reason = strings.TrimSpace(h.Reason)
	h.Began = d.now()
	switch {
	case h.Reason == "":
		return h, ErrReason
	case !h.Until.After(h.Began) || h.Until.Sub(h.Began) > longest:
		return h, ErrEnd
	}
	if !h.Conversation.IsZero() {
		hers, err := d.threads.Of(ctx, tx, org, h.Contact)
		if err != nil {
			return h, err
		}
		if !slices.Contains(hers, h.Conversation) {
			return h, ErrNotFound
		}
	}
	h.ID = id.Hold(d.ids.New())
	keys, err := d.vault.Org(ctx, tx, org)
	if err != nil {
		return h, err
	}
	rings, err := keys.NewKeyrings(ctx, tx, h.ID)
	if err != nil {
		return h, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO legal_hold (org_id, id, contact_id, conversation_id, by_id, reason, began_at, until, lifted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
		org, h.ID, h.Contact, h.Conversation, h.By, rings[0].Seal(reasonContext, h.ID, []byte(h.Reason)), store.Micros(h.Began), store.Micros(h.Until)); err != nil {
		return h, fmt.Errorf("place a legal hold: %w", err)
	}
	return h, d.prove(ctx, tx, org, "legal_hold.placed", h, h.By)
}

func (d *Holds) prove(ctx context.Context, tx store.Tx, org id.Org, kind string, h Hold, by id.Account) error {
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: kind, At: d.now(),
		Record: map[string]any{"hold": h.ID.String(), "contact": h.Contact.String(), "by": by.String(), "until": store.Micros(h.Until)}})
}

// Lift ends a hold.
func (d *Holds) Lift(ctx context.Context, tx store.Tx, org id.Org, hold id.Hold, by id.Account) error {
	n, err := tx.Exec(ctx, "UPDATE legal_hold SET lifted_at = ? WHERE org_id = ? AND id = ? AND lifted_at = 0", store.Micros(d.now()), org, hold)
	if err != nil {
		return fmt.Errorf("lift a legal hold: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return d.prove(ctx, tx, org, "legal_hold.lifted", Hold{ID: hold}, by)
}

// Held reports whether a hold stops the deletion of a person now, or of one to
// whom she is linked.
func (d *Holds) Held(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (bool, error) {
	all, err := d.people.LinkedWith(ctx, r, org, contact)
	if err != nil {
		return false, err
	}
	holds, err := store.CollectIn(ctx, r, store.One[id.Hold], "SELECT id FROM legal_hold WHERE org_id = ? AND lifted_at = 0 AND until > ? AND contact_id IN (?)", all, org, store.Micros(d.now()))
	return len(holds) > 0, err
}

const holding = " AND lifted_at = 0 AND until > ?"

// List lists the holds that hold, the one that ends first first.
func (d *Holds) List(ctx context.Context, r store.Reader, org id.Org) ([]Hold, error) {
	return d.read(ctx, r, org, holding+" ORDER BY until, id", store.Micros(d.now()))
}

// Get reads a hold that holds.
func (d *Holds) Get(ctx context.Context, r store.Reader, org id.Org, hold id.Hold) (Hold, error) {
	all, err := d.read(ctx, r, org, holding+" AND id = ?", store.Micros(d.now()), hold)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Hold{}, err
	}
	return all[0], nil
}

// pageMost is how many holds one page lists.
const pageMost = 200

// Page is as much of the list of those that hold as fits a page, behind one of
// them. More says that others follow.
func (d *Holds) Page(ctx context.Context, r store.Reader, org id.Org, after id.Cursor) (page []Hold, more bool, err error) {
	now := store.Micros(d.now())
	ids, more, err := store.Pick(ctx, r, pageMost, after, "SELECT id, LENGTH(reason) FROM legal_hold WHERE org_id = ?"+holding+" ORDER BY until, id", org, now)
	if err != nil || len(ids) == 0 {
		return nil, more, err
	}
	first, err := d.Get(ctx, r, org, id.Hold(ids[0]))
	if err != nil {
		return nil, false, err
	}
	until := store.Micros(first.Until)
	page, err = d.read(ctx, r, org, holding+" AND (until > ? OR until = ? AND id >= ?) ORDER BY until, id LIMIT ?", now, until, until, first.ID, int64(len(ids)))
	return page, more, err
}

func (d *Holds) read(ctx context.Context, r store.Reader, org id.Org, rest string, args ...any) ([]Hold, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	all, err := store.Collect(ctx, r, func(row store.Row) (Hold, error) {
		var h Hold
		var sealed []byte
		var began, until int64
		err := row.Scan(&h.ID, &h.Contact, &h.Conversation, &h.By, &sealed, &began, &until)
		h.Began, h.Until, h.Reason = store.Time(began), store.Time(until), string(sealed)
		return h, err
	}, "SELECT id, contact_id, conversation_id, by_id, reason, began_at, until FROM legal_hold WHERE org_id = ?"+rest, append([]any{org}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("list the legal holds: %w", err)
	}
	rings, err := vault.KeyringsOf(ctx, r, keys, all, func(h Hold) id.Hold { return h.ID })
	if err != nil {
		return nil, err
	}
	for i := range all {
		ring := rings[all[i].ID]
		if ring == nil {
			return nil, vault.ErrDestroyed
		}
		plain, err := ring.Open(reasonContext, all[i].ID, []byte(all[i].Reason))
		if err != nil {
			return nil, fmt.Errorf("open the reason of a legal hold: %w", err)
		}
		all[i].Reason = string(plain)
	}
	return all, nil
}

// keptFor is how long an ended hold is remembered: as long as claims about the
// deletion may come.
const keptFor = 3 * 366 * 24 * time.Hour

// Expire destroys holds that ended long ago.
func (d *Holds) expireHolds(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	before := store.Micros(now.Add(-keptFor))
	over, err := store.Collect(ctx, tx, store.One[id.Hold], "SELECT id FROM legal_hold WHERE org_id = ? AND (until < ? OR lifted_at > 0 AND lifted_at < ?) LIMIT 500", org, before, before)
	if err != nil || len(over) == 0 {
		return err
	}
	keys, err := d.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, at := range over {
		if _, err := keys.Destroy(ctx, tx, at); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM legal_hold WHERE org_id = ? AND id = ?", org, at); err != nil {
			return err
		}
	}
	return nil
}

// Merge lets the holds follow a person to the person she turned out to be. The
// conversations were merged before: a hold on one that is gone holds all of
// hers.
func (d *Holds) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if _, err := tx.Exec(ctx, "UPDATE legal_hold SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from); err != nil {
		return fmt.Errorf("merge holds: %w", err)
	}
	on, err := store.Collect(ctx, tx, func(row store.Row) (h held, err error) { return h, row.Scan(&h.hold, &h.conversation) },
		"SELECT id, conversation_id FROM legal_hold WHERE org_id = ? AND contact_id = ? AND conversation_id IS NOT NULL", org, into)
	if err != nil || len(on) == 0 {
		return err
	}
	hers, err := d.threads.Of(ctx, tx, org, into)
	if err != nil {
		return err
	}
	for _, h := range on {
		if slices.Contains(hers, h.conversation) {
			continue
		}
		if _, err := tx.Exec(ctx, "UPDATE legal_hold SET conversation_id = NULL WHERE org_id = ? AND id = ?", org, h.hold); err != nil {
			return fmt.Errorf("merge holds: %w", err)
		}
	}
	return nil
}

// held is a hold on one conversation.
type held struct {
	hold         id.Hold
	conversation id.Conversation
}
