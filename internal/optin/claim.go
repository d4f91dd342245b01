package optin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/chat"
	"einklang/internal/evidence"
	"einklang/internal/id"
	"einklang/internal/store"
)

// Claim is a consent on paper or by word that a member of staff recorded and
// that a second one must confirm, where the organisation wants two.
type Claim struct {
	ID         id.ID
	Contact    id.ID
	Purpose    string
	State      string // waiting | confirmed | rejected
	RecordedBy id.ID
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

// Record records what a member of staff was told or shown: at once, or for a
// second pair of eyes where the organisation wants two. It reports whether it
// waits.
func (d *Desk) Record(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, e Event) (waits bool, err error) {
	s, err := d.Settings(ctx, tx, org)
	if err != nil {
		return false, err
	}
	if s.FourEyes {
		_, err = d.Claim(ctx, tx, org, p, e)
		return err == nil, err
	}
	_, err = d.Grant(ctx, tx, org, p, e)
	return false, err
}

// Claim records a consent that waits for a second pair of eyes. Until then it
// carries nothing.
func (d *Desk) Claim(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, e Event) (id.ID, error) {
	rule, err := d.rule(ctx, tx, org, e.Purpose)
	if err != nil {
		return id.ID{}, err
	}
	switch {
	case p.Erased || p.Keys == nil:
		return id.ID{}, ErrErased
	case e.Detail.Note == "":
		return id.ID{}, ErrNoNote
	case rule.Advertising && p.Flags.Minor:
		return id.ID{}, ErrMinor
	case rule.Advertising && p.Flags.Objected:
		return id.ID{}, ErrObjected
	case e.At.After(d.now().Add(time.Minute)):
		return id.ID{}, ErrFuture
	}
	if err := d.word(ctx, tx, org, &e); err != nil {
		return id.ID{}, err
	}
	at, now := d.ids.New(), d.now()
	text, err := json.Marshal(e)
	if err != nil {
		return id.ID{}, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO consent_claim (org_id, id, contact_id, purpose, state, recorded_by, detail, created_at, decided_at) VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?, 0)",
		org, at, p.ID, e.Purpose, e.Detail.Staff, p.Keys.Seal(claimContext, at, text), store.Micros(now)); err != nil {
		return id.ID{}, fmt.Errorf("record a consent: %w", err)
	}
	return at, d.proveClaim(ctx, tx, org, p.ID, at, "recorded", e.Detail.Staff)
}

func (d *Desk) proveClaim(ctx context.Context, tx store.Tx, org, person, claim id.ID, what string, staff id.ID) error {
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: d.ids.New(), Kind: "consent.claim." + what, Owner: person, At: d.now(),
		Record: map[string]any{"claim": claim.String(), "staff": staff.String()}})
}

// Decide confirms or rejects a claim. Confirmed, it becomes a consent.
func (d *Desk) Decide(ctx context.Context, tx store.Tx, org id.ID, people People, claim, staff id.ID, confirm bool) error {
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
	if err != nil || n == 0 {
		return errors.Join(err, onlyIf(n == 0, ErrNoClaim))
	}
	if err := d.proveClaim(ctx, tx, org, c.Contact, claim, state, staff); err != nil || !confirm {
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

// Waiting are the claims that wait for a second pair of eyes, the oldest
// first.
func (d *Desk) Waiting(ctx context.Context, r store.Reader, org id.ID, people People) ([]Claim, error) {
	all, err := store.Collect(ctx, r, scanClaim, claimColumns+" AND state = 'waiting' ORDER BY id LIMIT 200", org)
	if err != nil {
		return nil, fmt.Errorf("read the records that wait: %w", err)
	}
	for i := range all {
		p, err := people.Get(ctx, r, org, all[i].Contact)
		if err != nil {
			return nil, err
		}
		if err := all[i].open(p); err != nil && !errors.Is(err, ErrErased) {
			return nil, err
		}
	}
	return all, nil
}
