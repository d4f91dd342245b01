package optin

import (
	"context"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// Export writes what the person agreed to and took back.
func (d *Consents) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	if into.Part != nil && !into.Part.Own {
		return nil
	}
	events, err := d.History(ctx, r, org, &into.Person)
	if err != nil {
		return err
	}
	var apart []id.Consent
	if part := into.Part; part != nil {
		apart, err = store.Collect(ctx, r, store.One[id.Consent], "SELECT id FROM consent_event WHERE org_id = ? AND contact_id = ? AND (apart = TRUE OR id >= ?)", org, into.Person.ID, id.At[id.Consent](part.Until))
	}
	for _, e := range events {
		if !slices.Contains(apart, e.ID) {
			into.Consents = append(into.Consents, record.Consent{At: e.At, Purpose: e.Purpose, Event: e.Kind, Source: string(e.Source), Wording: e.Detail.Wording})
		}
	}
	return err
}

// Apart notes that nobody but staff says whose the consents of a person are.
func (d *Consents) Apart(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	_, err := tx.Exec(ctx, "UPDATE consent_event SET apart = TRUE WHERE org_id = ? AND contact_id = ?", org, person)
	return err
}
