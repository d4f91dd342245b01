package retention

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

// late is how many days after their period contact cards are said to be
// overdue: a run a day, and one that may fail.
const late = 2

// Facts tells the periods, when what was due was last deleted, and whom legal
// holds keep.
func (d *Holds) Facts(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
	rules, err := Rules(ctx, r, org)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		f.Deletion.Rules = append(f.Deletion.Rules, cockpit.RetentionRule{Class: rule.Key, Days: rule.InDays(rule.Amount), Changed: rule.Changed(), Warning: rule.Trouble()})
		if rule.Key == period.Cards {
			if f.ThirdParty.Overdue, err = d.threads.CardsBefore(ctx, r, org, rule.Cutoff(rule.Amount, now).AddDate(0, 0, -late)); err != nil {
				return err
			}
		}
	}
	if f.Deletion.LastRun, err = LastRun(ctx, r, org); err != nil {
		return err
	}
	return store.Count(ctx, r, store.Number{Into: &f.Deletion.Holds, SQL: "SELECT COUNT(*) FROM legal_hold WHERE org_id = ?" + holding, Args: []any{org, store.Micros(now)}})
}
