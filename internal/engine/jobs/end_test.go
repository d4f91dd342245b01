package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"einklang/internal/test/leaktest"
	"einklang/internal/test/storetest"
)

// The workers end with what they had begun.
func TestTheRunnerEnds(t *testing.T) {
	storetest.InTurn(t, func(t *testing.T, address func(testing.TB) string) {
		db := storetest.Open(t, address(t))
		var ended atomic.Bool
		r := newRunner(db, &clock{}, "node", 3, nil, func(Job) { ended.Store(true) })
		add(t, r)
		leaktest.Runs(t, r.Run, ended.Load)
	})
}

// A crew ends all of its own, and what comes round with them.
func TestACrewEnds(t *testing.T) {
	var came, last atomic.Bool
	soon := make(Soon, 1)
	soon.Ask()
	round := Round{Name: "example", Every: time.Hour, Soon: soon, Do: func(context.Context) error { came.Store(true); return nil }}
	log := slog.New(slog.DiscardHandler)
	crew := Crew{All: []Running{{"round", func(ctx context.Context) { round.Run(ctx, log) }}, {"other", func(ctx context.Context) { <-ctx.Done() }}},
		Last: func(context.Context) { last.Store(true) }, Abandon: func() { t.Error("it was given up") }, Log: log}
	leaktest.Runs(t, func(ctx context.Context) {
		if err := crew.Run(ctx); err != nil {
			t.Error(err)
		}
	}, came.Load)
	if !last.Load() {
		t.Error("what comes last was left out")
	}
}

// What ends the process although nothing broke ends the crew, which says why.
func TestACrewEndsWithTheDatabase(t *testing.T) {
	why := errors.New("the disk did not take what was written")
	crew := Crew{All: []Running{{"other", func(ctx context.Context) { <-ctx.Done() }}}, Last: func(context.Context) {}, Abandon: func() {},
		Log: slog.New(slog.DiscardHandler), Ended: func(context.Context) error { return why }}
	if err := crew.Run(t.Context()); !errors.Is(err, why) {
		t.Errorf("it ended with %v", err)
	}
}
