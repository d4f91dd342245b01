// Package facts collects what the cockpit and the documents state. Whoever
// keeps something counts it; this package keeps how the measures stood each
// day, and the versions of the documents. What it gets are counts and
// settings, nothing about a person.
package facts

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Counter fills in what its keeper counts.
type Counter func(ctx context.Context, r store.Reader, org id.ID, now time.Time, f *cockpit.Facts) error

// Count asks everybody; each fills in fields of its own.
func Count(ctx context.Context, r store.Reader, org id.ID, now time.Time, f *cockpit.Facts, counters ...Counter) error {
	pieces := make([]func(context.Context) error, len(counters))
	for i, count := range counters {
		pieces[i] = func(ctx context.Context) error { return count(ctx, r, org, now, f) }
	}
	if err := store.Together(ctx, r, pieces...); err != nil {
		return fmt.Errorf("count for the cockpit: %w", err)
	}
	return nil
}

// Without counts those of some that are not among others.
func Without(some, others []id.ID) (n int64) {
	there := make(map[id.ID]bool, len(others))
	for _, o := range others {
		there[o] = true
	}
	for _, s := range some {
		if !there[s] {
			n++
		}
	}
	return n
}
