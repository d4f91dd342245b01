package optin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Claim is a consent that staff, a program or an import recorded and that a
// second person must confirm, where the organisation wants two.
type Claim struct {
	pii.Personal
	ID         id.Claim
	Contact    id.Person
	Purpose    string
	State      string     // waiting | confirmed | rejected
	RecordedBy id.Account // an account, or a program's token
	Created    time.Time
	Event      Event // what was recorded; its Detail is empty if the person is erased
	sealed     []byte
}

// The errors of claims.
var (
	ErrNoClaim    = errors.New("there is no such record, or somebody has decided already")
	ErrSamePerson = errors.New("a second person must confirm, not the one who recorded it")
)

const claimContext = "consent.claim"

// claim keeps a consent for a second pair of eyes. Until then it carries
// nothing.
func (d *Consents) claim(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) (id.Claim, error) {
	at, by := id.Claim(d.ids.New()), id.ID(e.Detail.Staff)
	if by.IsZero() {
		by = id.ID(e.Detail.Program)
	}
	text, err := json.Marshal(e)
	if err != nil {
		return id.Claim{}, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO consent_claim (org_id, id, contact_id, purpose, state, recorded_by, detail, created_at, decided_at) VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?, 0)",
		org, at, p.ID, e.Purpose, by, p.Keys.Seal(claimContext, at, text), store.Micros(d.now())); err != nil {
		return id.Claim{}, fmt.Errorf("record a consent: %w", err)
	}
	return at, d.proveClaim(ctx, tx, org, p.ID, at, "recorded", by)
}

func (d *Consents) proveClaim(ctx context.Context, tx store.Tx, org id.Org, person id.Person, claim id.Claim, what string, by id.ID) error {
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: "consent.claim." + what, Owner: id.ID(person), At: d.now(),
		Record: map[string]any{"claim": claim.String(), "staff": by.String()}})
}

// Decide confirms or rejects a claim. Confirmed, it becomes a consent, unless
// advertising needs more proof than it has: then it stays pending.
func (d *Consents) Decide(ctx context.Context, tx store.Tx, org id.Org, people People, claim id.Claim, staff id.Account, confirm bool) error {
	c, err := scanClaim(tx.QueryRow(ctx, claimColumns+" AND id = ? AND state = 'waiting'", org, claim))
	if err != nil {
		return err
	}
	if confirm && c.RecordedBy == staff {
		return ErrSamePerson
	}
	state := map[bool]string{true: "confirmed", false: "rejected"}[confirm]
	n, err := tx.Exec(ctx, "UPDATE consent_claim SET state = ?, decided_by = ?, decided_at = ? WHERE org_id = ? AND id = ? AND state = 'waiting'",
		state, staff, store.Micros(d.now()), org, claim)
	switch {
	case err != nil:
		return err
	case n == 0:
		return ErrNoClaim
	}
	if err := d.proveClaim(ctx, tx, org, c.Contact, claim, state, id.ID(staff)); err != nil || !confirm {
		return err
	}
	p, err := people.Get(ctx, tx, org, c.Contact)
	if err != nil {
		return err
	}
	if err := c.open(p); err != nil {
		return err
	}
	c.Event.Detail.Second = staff
	_, err = d.Grant(ctx, tx, org, p, c.Event)
	return err
}

const claimColumns = "SELECT id, contact_id, purpose, state, recorded_by, detail, created_at FROM consent_claim WHERE org_id = ?"

func scanClaim(row store.Row) (Claim, error) {
	var c Claim
	var at int64
	err := row.Scan(&c.ID, &c.Contact, &c.Purpose, &c.State, &c.RecordedBy, &c.sealed, &at)
	c.Created = store.Time(at)
	if errors.Is(err, store.ErrNoRows) {
		return c, ErrNoClaim
	}
	return c, err
}

func (c *Claim) open(p *chat.Known) error {
	if p.Keys == nil {
		return ErrErased
	}
	text, err := p.Keys.Open(claimContext, c.ID, c.sealed)
	if err != nil {
		return fmt.Errorf("open a record of consent: %w", err)
	}
	return json.Unmarshal(text, &c.Event)
}

// Several reads several people at once.
type Several interface {
	GetMany(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]*chat.Known, error)
}

// Waiting are the claims that wait for a second pair of eyes, the oldest
// first.
func (d *Consents) Waiting(ctx context.Context, r store.Reader, org id.Org, people Several) ([]Claim, error) {
	all, err := store.Collect(ctx, r, scanClaim, claimColumns+" AND state = 'waiting' ORDER BY id LIMIT 200", org)
	if err != nil {
		return nil, fmt.Errorf("read the records that wait: %w", err)
	}
	whose := make([]id.Person, len(all))
	for i, c := range all {
		whose[i] = c.Contact
	}
	known, err := people.GetMany(ctx, r, org, id.Distinct(whose))
	if err != nil {
		return nil, err
	}
	for i := range all {
		p := known[all[i].Contact]
		if p == nil {
			continue // gone meanwhile: there is nothing to open
		}
		if err := all[i].open(p); err != nil && !errors.Is(err, ErrErased) {
			return nil, err
		}
	}
	return all, nil
}

// WaitingOf are the purposes of the claims about a person that wait.
func (d *Consents) WaitingOf(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]string, error) {
	return store.Collect(ctx, r, store.One[string],
		"SELECT DISTINCT purpose FROM consent_claim WHERE org_id = ? AND contact_id = ? AND state = 'waiting' ORDER BY purpose", org, person)
}
