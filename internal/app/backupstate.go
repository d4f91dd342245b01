package app

import (
	"context"
	"sync"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/cockpit"
)

// askBackups is how long an answer about the backups holds, so that pages do
// not ask an object store again and again.
const askBackups = time.Minute

// backupState is what is known of the backups.
type backupState struct {
	mu    sync.Mutex
	asked time.Time
	state backup.State
}

// of asks a place of backups how they stand. While the place cannot be reached,
// what was last known holds.
func (b *backupState) of(ctx context.Context, to backup.Target, now time.Time) (backup.State, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.asked.IsZero() && now.Sub(b.asked) < askBackups {
		return b.state, nil
	}
	b.asked = now
	state, err := backup.StateOf(ctx, to)
	if err == nil {
		b.state = state
	}
	return b.state, err
}

// factsOfBackups tells the cockpit how the backups stand (S14). The identities
// are in no configuration. A place that cannot be reached is no reason to show
// no cockpit.
func (a *App) factsOfBackups(ctx context.Context, _ org.Org, f *cockpit.Facts) error {
	if a.Backups == nil {
		return nil
	}
	state, err := a.backups.of(ctx, a.Backups, f.Now)
	if err != nil {
		a.Config.Log.Error("the place of the backups could not be asked", "error", err)
	}
	f.Backup = cockpit.Backup{Last: state.Last, Verified: state.Verified, Encrypted: state.Sealed, KeyDays: int(a.Config.Backup.keep().Keys.Hours() / 24)}
	return nil
}
