package retention

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Orgs lists organisations.
type Orgs func(ctx context.Context, r store.Reader) ([]id.Org, error)

// Sure are those of some organisations whose time is sure: whoever does what can't
// be undone because its time has come does it for them. For the others it waits, as
// long as retention waits: until the time can be right, somebody writes or says
// that it is right, or a week is over (see [State]).
func (r *Runner) Sure(orgs Orgs) Orgs {
	return r.those(orgs, func(s State) bool { return s.Doubt == Believed && s.Since.IsZero() })
}

// Believed are those of some organisations whose time can be right. It is enough
// for what a person has ordered and only goes on by the time.
func (r *Runner) Believed(orgs Orgs) Orgs {
	return r.those(orgs, func(s State) bool { return s.Doubt == Believed })
}

func (r *Runner) those(orgs Orgs, are func(State) bool) Orgs {
	return func(ctx context.Context, from store.Reader) (some []id.Org, err error) {
		all, err := orgs(ctx, from)
		if err != nil {
			return nil, err
		}
		for _, org := range all {
			var s State
			err := r.db.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
				_, s, err = r.Clock.Look(ctx, tx, org)
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("ask whether the time can be right: %w", err)
			}
			if are(s) {
				some = append(some, org)
			}
		}
		return some, nil
	}
}
