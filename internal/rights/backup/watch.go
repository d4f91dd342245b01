package backup

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"einklang/internal/engine/journal"
	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// askEvery is how long an answer about the backups holds, so that pages do not
// ask an object store again and again.
const askEvery = time.Minute

// Watch knows how the backups of a place stand.
type Watch struct {
	to       Target
	keyFiles time.Duration
	log      *slog.Logger

	mu    sync.Mutex
	asked time.Time
	state State
}

// NewWatch watches a place; nil: there are no backups from here.
func NewWatch(to Target, keep Retention, log *slog.Logger) *Watch {
	return &Watch{to: to, keyFiles: keep.Keys, log: log}
}

// of asks how the backups stand. While the place cannot be reached, what was
// last known holds.
func (w *Watch) of(ctx context.Context, now time.Time) (State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.asked.IsZero() && now.Sub(w.asked) < askEvery {
		return w.state, nil
	}
	w.asked = now
	state, err := StateOf(ctx, w.to)
	if err == nil {
		w.state = state
	}
	return w.state, err
}

// Facts tells the cockpit how the backups stand (S14). The identities are in no
// configuration. A place that cannot be reached is no reason to show no cockpit.
func (w *Watch) Facts(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
	hold, err := HoldOf(ctx, r, org)
	if err != nil {
		return err
	}
	f.Backup.Held = hold.Waits()
	if w.to == nil {
		return nil
	}
	if f.Backup.JournalSince, err = journal.Behind(ctx, r); err != nil {
		return err
	}
	state, err := w.of(ctx, now)
	if err != nil {
		w.log.Error("the place of the backups could not be asked", "error", err)
	}
	b := &f.Backup
	b.Last, b.Verified, b.Encrypted, b.KeyDays = state.Last, state.Verified, state.Sealed, int(w.keyFiles.Hours()/24)
	return nil
}
