package lists

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts counts the lists that were brought in, and who has still to be informed
// (GDPR Art. 14).
func (d *Imports) Facts(ctx context.Context, r store.Reader, org id.Org, _ time.Time, f *cockpit.Facts) error {
	err := store.Count(ctx, r, store.Number{Into: &f.Imports.Imports, SQL: "SELECT COUNT(*) FROM import WHERE org_id = ? AND state = ?", Args: []any{org, string(Done)}})
	if err != nil {
		return err
	}
	duties, err := d.Duties(ctx, r, org)
	for _, one := range duties {
		f.Imports.Article14Due += one.Open
		f.Imports.Article14Overdue += one.Overdue
	}
	return err
}
