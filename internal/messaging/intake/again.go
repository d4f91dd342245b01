package intake

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Retried is what came of applying webhooks again since the program started.
type Retried struct {
	Applied int // since the start
	Left    int // that still cannot be applied
}

// retried remembers it, by organisation. Only one tries at a time.
type retried struct {
	mu  sync.Mutex
	all map[id.Org]Retried
}

// AtStart applies again what could not be applied when it came: a new version
// may be able to.
func (in *Intake) AtStart(ctx context.Context) {
	if _, err := in.ApplyAll(ctx, func(id.Org) store.Course { return store.Alone{} }); err != nil && ctx.Err() == nil {
		in.Log.Error("webhooks could not be applied again; the next start or the command does it", "error", err)
	}
}

// ApplyAll applies the webhooks of all organisations that could not be applied
// when they came. What goes along begins with the first that is tried.
func (in *Intake) ApplyAll(ctx context.Context, along func(org id.Org) store.Course) (map[id.Org]Retried, error) {
	orgs, err := in.Registry.IDs(ctx, in.DB)
	if err != nil {
		return nil, fmt.Errorf("apply webhooks again: %w", err)
	}
	all := make(map[id.Org]Retried, len(orgs))
	for _, org := range orgs {
		one, oneErr := in.retry(ctx, org, along(org))
		all[org], err = one, errors.Join(err, oneErr)
	}
	return all, err
}

// Apply does so for one organisation.
func (in *Intake) Apply(ctx context.Context, org id.Org, along store.Course) error {
	_, err := in.retry(ctx, org, along)
	return err
}

func (in *Intake) retry(ctx context.Context, org id.Org, along store.Course) (Retried, error) {
	in.retried.mu.Lock()
	defer in.retried.mu.Unlock()
	applied, left, err := in.Again(ctx, org, along)
	now := Retried{Applied: in.retried.all[org].Applied + applied, Left: left}
	in.retried.all[org] = now
	if applied > 0 || left > 0 {
		in.Log.Info("webhooks were applied again", "organisation", org.String(), "applied", applied, "left", left)
	}
	return now, err
}
