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

const selectAgreement = `SELECT c.contact_id, c.purpose, c.state, c.event_id, c.granted_at, c.expires_at, COALESCE(p.material_at, 0), COALESCE(p.advertising, FALSE), COALESCE(e.source, '')
	FROM consent c LEFT JOIN purpose p ON p.org_id = c.org_id AND p.key = c.purpose LEFT JOIN consent_event e ON e.org_id = c.org_id AND e.id = c.event_id WHERE c.org_id = ? AND c.medium = ?`

func scanAgreement(row store.Row) (a chat.Agreement, err error) {
	var purpose string
	var source Source
	var granted, expires, material int64
	err = row.Scan(&a.Person, &purpose, &a.State, &a.ID, &granted, &expires, &material, &a.Advertising, &source)
	a.GrantedAt, a.ExpiresAt = store.Time(granted), store.Time(expires)
	a.Advertising = a.Advertising || purpose == Marketing // also where its row is missing
	if a.State == gate.ConsentGranted && granted < material {
		a.State = gate.ConsentSuperseded // its text has changed in substance since
	}
	if a.State == gate.ConsentGranted && source.byMail() {
		a.State = gate.ConsentPending // it proves no number
	}
	return a, err
}

// Agreements reads all consents of everybody, also those that are not valid now.
func (*Consents) Agreements(ctx context.Context, r store.Reader, org id.Org) ([]chat.Agreement, error) {
	all, err := store.Collect(ctx, r, scanAgreement, selectAgreement, org, Medium)
	return all, wrapAgreement(err)
}

// AgreementsOf reads all consents of some people.
func (*Consents) AgreementsOf(ctx context.Context, r store.Reader, org id.Org, people []id.Person) ([]chat.Agreement, error) {
	all, err := store.CollectIn(ctx, r, scanAgreement, selectAgreement+" AND c.contact_id IN (?)", people, org, Medium)
	return all, wrapAgreement(err)
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
