package optin

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// Export writes what the person agreed to and took back.
func (d *Consents) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	events, err := d.History(ctx, r, org, &into.Person)
	for _, e := range events {
		into.Consents = append(into.Consents, record.Consent{At: e.At, Purpose: e.Purpose, Event: e.Kind, Source: string(e.Source), Wording: e.Detail.Wording})
	}
	return err
}
