package optin

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts counts consents, by state and without proof, and who said STOP.
func (*Consents) Facts(ctx context.Context, r store.Reader, org id.Org, _ time.Time, f *cockpit.Facts) error {
	c := &f.Consent
	const states = "SELECT COUNT(*) FROM consent WHERE org_id = ? AND state = ?"
	return store.Count(ctx, r,
		store.Number{Into: &c.Granted, SQL: states, Args: []any{org, granted}},
		store.Number{Into: &c.Withdrawn, SQL: states, Args: []any{org, withdrawn}},
		store.Number{Into: &c.Pending, SQL: states, Args: []any{org, pending}},
		store.Number{Into: &c.Expired, SQL: states, Args: []any{org, expired}},
		store.Number{Into: &c.Unproven, SQL: `SELECT COUNT(*) FROM consent s WHERE s.org_id = ? AND s.state = 'granted'
			AND NOT EXISTS (SELECT 1 FROM consent_event e WHERE e.org_id = s.org_id AND e.id = s.event_id)`, Args: []any{org}},
		store.Number{Into: &c.OptedOut, SQL: "SELECT COUNT(*) FROM opt_out WHERE org_id = ?", Args: []any{org}})
}

// Facts tells the ways in which people come to consent. The form counts if what
// it asks for can be confirmed: by e-mail, or by a code on WhatsApp.
func (d *Requests) Facts(ctx context.Context, r store.Reader, org id.Org, _ time.Time, f *cockpit.Facts) error {
	ways, err := d.desk.Settings(ctx, r, org)
	if err != nil {
		return err
	}
	purposes, err := d.desk.Purposes(ctx, r, org)
	if err != nil {
		return err
	}
	for _, p := range purposes {
		if !p.Retired {
			f.Consent.Purposes = append(f.Consent.Purposes, cockpit.Purpose{Key: p.Key, NameDE: p.DE, NameEN: p.EN, AboutDE: p.AboutDE, AboutEN: p.AboutEN, Advertising: p.Advertising, Months: p.Months})
		}
	}
	f.Consent.Untied = ways.Untied
	f.Consent.DoubleOptIn = d.mails.Configured()
	f.Consent.WebForm = ways.Form && (ways.ByEmail && d.mails.Configured() || len(f.Numbers) > 0)
	entries, err := d.entries.All(ctx, r, org)
	for _, e := range entries {
		if !e.Retired {
			f.Consent.EntryPoints++
		}
	}
	return err
}

// Consenting lists everybody with a consent that is granted, whatever for, and
// whether or not it has run out since.
func (*Consents) Consenting(ctx context.Context, r store.Reader, org id.Org) ([]id.Person, error) {
	all, err := store.Collect(ctx, r, store.One[id.Person],
		"SELECT DISTINCT contact_id FROM consent WHERE org_id = ? AND medium = ? AND state = 'granted'", org, Medium)
	if err != nil {
		return nil, fmt.Errorf("list who has consented: %w", err)
	}
	return all, nil
}
