package optin

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

const selectAgreement = `SELECT c.contact_id, c.purpose, c.state, c.event_id, c.granted_at, c.expires_at, c.said_at, COALESCE(p.material_at, 0), COALESCE(p.advertising, FALSE), COALESCE(e.source, '')
	FROM consent c LEFT JOIN purpose p ON p.org_id = c.org_id AND p.key = c.purpose LEFT JOIN consent_event e ON e.org_id = c.org_id AND e.id = c.event_id WHERE c.org_id = ? AND c.medium = ?`

func scanAgreement(row store.Row) (a agreement, err error) {
	var granted, expires, said, material int64
	var source Source
	c := &a.Consent
	err = row.Scan(&a.Person, &a.Purpose, &c.State, &c.ID, &granted, &expires, &said, &material, &a.Agreement.Advertising, &source)
	c.GrantedAt, c.ExpiresAt = store.Time(granted), store.Time(expires)
	a.Agreement.Advertising = a.Agreement.Advertising || a.Purpose == Marketing // also where its row is missing
	a.State = State{Purpose: a.Purpose, State: c.State, Granted: c.GrantedAt, Said: store.Time(said)}
	if c.State == gate.ConsentGranted && granted < material {
		c.State = gate.ConsentSuperseded // its text has changed in substance since
	}
	if c.State == gate.ConsentGranted && source.byMail() {
		c.State = gate.ConsentPending // it proves no number
	}
	return a, err
}

// Agreements reads all consents of everybody, also those that are not valid now;
// what was withdrawn in a linked record is withdrawn.
func (d *Consents) Agreements(ctx context.Context, r store.Reader, org id.Org) ([]chat.Agreement, error) {
	marks, err := d.links.Marks(ctx, r, org)
	if err != nil {
		return nil, err
	}
	all, err := store.Collect(ctx, r, scanAgreement, selectAgreement, org, Medium)
	return inForce(all, marks, nil), wrapAgreement(err)
}

// AgreementsOf reads all consents of some people in this way.
func (d *Consents) AgreementsOf(ctx context.Context, r store.Reader, org id.Org, people []id.Person) ([]chat.Agreement, error) {
	if len(people) == 0 {
		return nil, nil
	}
	marks, err := d.links.Marks(ctx, r, org, people...)
	if err != nil {
		return nil, err
	}
	all, err := store.CollectIn(ctx, r, scanAgreement, selectAgreement+" AND c.contact_id IN (?)", concerned(people, marks), org, Medium)
	return inForce(all, marks, people), wrapAgreement(err)
}

func wrapAgreement(err error) error {
	if err != nil {
		return fmt.Errorf("read who agreed: %w", err)
	}
	return nil
}

// Holding lists everybody with a consent that is granted, whatever for, and has
// not run out.
func (*Consents) Holding(ctx context.Context, r store.Reader, org id.Org, now time.Time) ([]id.Person, error) {
	all, err := store.Collect(ctx, r, store.One[id.Person],
		"SELECT DISTINCT contact_id FROM consent WHERE org_id = ? AND medium = ? AND state = 'granted' AND (expires_at = 0 OR expires_at > ?)", org, Medium, store.Micros(now))
	return all, wrapAgreement(err)
}
