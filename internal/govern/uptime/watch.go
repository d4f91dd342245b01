package uptime

import (
	"context"
	"log/slog"
	"time"

	"einklang/internal/engine/store"
)

// Watch beats while webhooks can be taken, so that each time in which they could
// not is known.
type Watch struct {
	DB  *store.DB
	Now func() time.Time
	Log *slog.Logger
}

// Run beats until ctx ends. When the database stays away, nobody can be told on
// a page, so the log says it.
func (w Watch) Run(ctx context.Context) {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	reachable := time.Now()
	for warned := false; ; {
		if err := w.beat(ctx); err == nil {
			reachable, warned = time.Now(), false
		} else if away := time.Since(reachable); away >= WarnFrom && !warned && ctx.Err() == nil {
			w.Log.Error("no webhook could be taken for ten minutes; without storage at Meta, content is lost after an hour", "minutes", int(away.Minutes()), "error", err)
			warned = true
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w Watch) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, Every)
	defer cancel()
	return w.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		gap, found, err := Beat(ctx, tx, w.Now())
		if found && gap.Severity() != Harmless {
			tx.AfterCommit(func() {
				w.Log.Warn("webhooks could not be taken for a while", "minutes", int(gap.Length().Minutes()), "meaning", string(gap.Severity()))
			})
		}
		return err
	})
}
