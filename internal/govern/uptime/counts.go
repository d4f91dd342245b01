package uptime

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// shownDays is how far back the cockpit counts gaps.
const shownDays = 90

// Facts counts the gaps since an organisation is here.
func Facts(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
	f.Intake.Since = now.AddDate(0, 0, -shownDays)
	if began := org.Time(); began.After(f.Intake.Since) {
		f.Intake.Since = began
	}
	gaps, err := Gaps(ctx, r, f.Intake.Since)
	for _, g := range gaps {
		if g.Severity() == Loss {
			f.Intake.Lost++
		} else {
			f.Intake.Late++
		}
		if g.Length() > f.Intake.Longest {
			f.Intake.Longest, f.Intake.LastFrom, f.Intake.LastTo = g.Length(), g.Began, g.Ended
		}
	}
	return err
}
