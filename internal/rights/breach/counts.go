package breach

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts lists the breaches that are not closed.
func (d *Register) Facts(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
	all, err := d.Outlines(ctx, r, org)
	for _, b := range all {
		f.Breaches = append(f.Breaches, cockpit.Breach{Aware: b.Aware, Due: b.Due(), Reported: b.Reported, Overdue: b.Stage(now) == Overdue,
			People: b.Affected.People, Missing: len(b.Missing(now))})
	}
	return err
}
