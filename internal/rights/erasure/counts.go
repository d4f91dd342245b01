package erasure

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

const (
	// factsMost is how many erasures are looked through, the newest first.
	factsMost = 1000
	// stuckAfter is when an erasure that has not ended is said to be stuck: its
	// steps take minutes, and the recipients are asked again for hours.
	stuckAfter = 24 * time.Hour
)

// Facts counts erasures: those of the last year that are done, those under way,
// and those that are stuck.
func (d *Erasures) Facts(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
	all, err := d.List(ctx, r, org, factsMost)
	for _, p := range all {
		switch {
		case p.Step == Done && p.Done.After(now.AddDate(-1, 0, 0)):
			f.Deletion.Done++
		case p.Step == Done:
		default:
			f.Deletion.Running++
			if now.Sub(p.Started) > stuckAfter {
				f.Deletion.Stuck++
			}
		}
	}
	return err
}
