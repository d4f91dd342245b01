package jobs

import (
	"context"
	"log/slog"
	"time"
)

// Round is work that comes round on every node. It may run on several nodes at
// once and twice in a row.
type Round struct {
	Name  string
	Every time.Duration
	Do    func(ctx context.Context) error
	// Soon has it done at once as well; nil: only when its time has come.
	Soon Soon
	// Final says that it does by the time what can't be undone: it asks first whether
	// the time can be right.
	Final bool
}

// Soon asks a [Round] to come at once; asked twice, it comes once.
type Soon chan struct{}

// Ask asks.
func (s Soon) Ask() {
	select {
	case s <- struct{}{}:
	default: // it is asked already
	}
}

// Run does the rounds until ctx ends, each beside the others. What fails comes
// round again.
func (r Round) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(r.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-r.Soon:
		}
		if err := r.Do(ctx); err != nil && ctx.Err() == nil {
			log.Error("what comes round failed; trying again later", "round", r.Name, "error", err)
		}
	}
}
