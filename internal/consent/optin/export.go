package optin

import (
	"context"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// Export writes what the person agreed to and took back, and what she bought by which
// advertising to her may be lawful.
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
	if err != nil {
		return err
	}
	if err := d.exportSales(ctx, r, org, into); err != nil {
		return err
	}
	for _, e := range events {
		if !slices.Contains(apart, e.ID) {
			into.Consents = append(into.Consents, record.Consent{At: e.At, Purpose: e.Purpose, Event: e.Kind, Source: string(e.Source), Wording: e.Detail.Wording})
		}
	}
	return nil
}

func (d *Consents) exportSales(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	all, err := d.Sales(ctx, r, org, &into.Person)
	if err != nil || len(all) == 0 {
		return err
	}
	var apart []id.Sale
	if part := into.Part; part != nil {
		apart, err = store.Collect(ctx, r, store.One[id.Sale], "SELECT id FROM sale WHERE org_id = ? AND contact_id = ? AND (apart = TRUE OR id >= ?)", org, into.Person.ID, id.At[id.Sale](part.Until))
		if err != nil {
			return err
		}
	}
	for _, s := range all {
		if slices.Contains(apart, s.ID) {
			continue
		}
		one := record.Sale{At: s.Sold, Product: s.Product, Goods: s.Goods, Recorded: s.Created}
		if !s.Ended.IsZero() {
			one.Ended = &s.Ended
		}
		for _, f := range s.Facts {
			one.Facts = append(one.Facts, record.SaleFact{Fact: string(f.Fact), At: f.At})
		}
		into.Sales = append(into.Sales, one)
	}
	return nil
}

// Apart notes that nobody but staff says whose the consents and sales of a person are.
func (d *Consents) Apart(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	if _, err := tx.Exec(ctx, "UPDATE sale SET apart = TRUE WHERE org_id = ? AND contact_id = ?", org, person); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE consent_event SET apart = TRUE WHERE org_id = ? AND contact_id = ?", org, person)
	return err
}
