package app

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"einklang/internal/rule/id"
)

// Again is what came of applying webhooks again since the program started.
type Again struct {
	Applied int // since the start
	Left    int // that still cannot be applied
}

// again remembers it, by organisation.
type again struct {
	mu  sync.Mutex
	all map[id.ID]Again
}

// ApplyAgain applies the webhooks that could not be applied when they came. It
// runs once when the program starts: a new version may be able to.
func (a *App) ApplyAgain(ctx context.Context) (map[id.ID]Again, error) {
	orgs, err := a.Orgs.All(ctx, a.DB)
	if err != nil {
		return nil, fmt.Errorf("apply webhooks again: %w", err)
	}
	all := make(map[id.ID]Again, len(orgs))
	for _, o := range orgs {
		one, oneErr := a.applyAgain(ctx, o.ID)
		all[o.ID], err = one, errors.Join(err, oneErr)
	}
	return all, err
}

// applyAgain does so for one organisation, one at a time.
func (a *App) applyAgain(ctx context.Context, org id.ID) (Again, error) {
	a.again.mu.Lock()
	defer a.again.mu.Unlock()
	applied, left, err := a.Intake.Again(ctx, org)
	if a.again.all == nil {
		a.again.all = map[id.ID]Again{}
	}
	now := Again{Applied: a.again.all[org].Applied + applied, Left: left}
	a.again.all[org] = now
	if applied > 0 || left > 0 {
		a.Config.Log.Info("webhooks were applied again", "organisation", org.String(), "applied", applied, "left", left)
	}
	return now, err
}

// startAgain is the run at the start.
func (a *App) startAgain(ctx context.Context) {
	if _, err := a.ApplyAgain(ctx); err != nil && ctx.Err() == nil {
		a.Config.Log.Error("webhooks could not be applied again; the next start or the command does it", "error", err)
	}
}

// webhooks is what the page of the numbers asks about webhooks.
type webhooks struct{ a *App }

// Unapplied counts the webhooks that are not applied, by number.
func (x webhooks) Unapplied(ctx context.Context, org id.ID) (map[id.ID]int64, error) {
	return x.a.Intake.Poison(ctx, x.a.DB, org)
}

// Apply applies them again.
func (x webhooks) Apply(ctx context.Context, org id.ID) error {
	_, err := x.a.applyAgain(ctx, org)
	return err
}
