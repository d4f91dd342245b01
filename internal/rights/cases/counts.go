package cases

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts counts the cases that are closed, those that are open, and how near
// their ends are (GDPR Art. 12(3)).
func (d *Cases) Facts(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
	zone := f.Organisation.Zone
	open, err := d.Waiting(ctx, r, org, zone)
	if err != nil {
		return err
	}
	for _, c := range open {
		f.Cases.Open++
		switch c.Urgency(now, zone) {
		case Overdue:
			f.Cases.Overdue++
		case Days, Week:
			f.Cases.DueSoon++
		default:
		}
	}
	return store.Count(ctx, r, store.Number{Into: &f.Cases.Closed, SQL: "SELECT COUNT(*) FROM privacy_case WHERE org_id = ? AND closed_at > 0", Args: []any{org}})
}
