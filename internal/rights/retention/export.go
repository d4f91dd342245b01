package retention

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// Export writes until when a hold keeps the person's data (GDPR Art. 15(1)(d)).
// Which claim it is for is the company's own, and stays with it.
func (d *Holds) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	var until *int64
	err := r.QueryRow(ctx, "SELECT MAX(until) FROM legal_hold WHERE org_id = ? AND contact_id = ? AND lifted_at = 0 AND until > ?", org, into.Person.ID, store.Micros(d.now())).Scan(&until)
	if err == nil && until != nil {
		at := store.Time(*until)
		into.Held = &at
	}
	return err
}
