package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrDamaged says that what the database reads of its own files makes no sense. Nothing
// is taken any more: what is built on it may be lost with the next restore.
var ErrDamaged error = unusable("the files of the database are damaged: restore the newest backup on a disk that works")

// unusable is a reason why a database is not available, in words of its own.
type unusable string

func (u unusable) Error() string { return string(u) }

// Is lets it count as ErrUnavailable.
func (u unusable) Is(target error) bool { return target == ErrUnavailable }

// trouble is what keeps a database from taking writes, as far as it has shown.
type trouble struct {
	mu    sync.Mutex
	now   error     // until a write has reached the disk
	since time.Time // when now was last seen, or tried
	ended error     // for good: only a new start helps
	end   chan struct{}
}

// note remembers why a write, or a read, failed.
func (t *trouble) note(err error) {
	switch {
	case err == nil:
	case errors.Is(err, ErrDamaged), errors.Is(err, errDisk):
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.ended == nil {
			t.ended = err
			close(t.end)
		}
	case errors.Is(err, ErrFull), errors.Is(err, ErrReadOnly):
		t.mu.Lock()
		defer t.mu.Unlock()
		t.now, t.since = err, time.Now()
	}
}

// over says that something has reached the disk.
func (t *trouble) over() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = nil
}

// tryAgain is how often a database that took nothing is given something.
const tryAgain = 2 * time.Second

func (t *trouble) seen() (err error, stale bool) { //nolint:revive // the error is what is asked for
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended != nil {
		return t.ended, false
	}
	stale = t.now != nil && time.Since(t.since) > tryAgain
	if stale {
		t.since = time.Now()
	}
	return t.now, stale
}

// Healthy reports whether the database answers and takes what it is given. One
// that took nothing a while ago is given something.
func (db *DB) Healthy(ctx context.Context) error {
	err, stale := db.trouble.seen()
	if stale {
		err = db.Write(ctx, func(ctx context.Context, tx Tx) error {
			_, err := tx.Exec(ctx, "UPDATE goose_db_version SET is_applied = is_applied WHERE id = (SELECT MIN(id) FROM goose_db_version)")
			return err
		})
	}
	if err != nil {
		return err
	}
	return db.Ping(ctx)
}

// Ended waits until the database can't be used any more before the program has
// been started anew, and says why; nil if ctx ends before. A file that is damaged
// is no such case: whoever looks at it is not to be cut off.
func (db *DB) Ended(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-db.trouble.end:
	}
	if err, _ := db.trouble.seen(); errors.Is(err, errDisk) {
		return err
	}
	<-ctx.Done()
	return nil
}
