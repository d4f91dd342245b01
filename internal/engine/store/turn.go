package store

import (
	"context"
	"errors"
	"sync"

	"einklang/internal/rule/id"
)

// Turn lets organisations take turns with what all wait for on this node: who
// has much to do waits for herself, and not the others for her. It remembers
// whose turn was last. The zero value is ready, and it is safe for concurrent
// use.
type Turn struct {
	mu   sync.Mutex
	last id.Org
}

// Next is the organisation that is next among those that a statement finds;
// ErrNoRows if there is none. The statement asks for organisations behind one,
// which is its last argument, and ends like this:
//
//	… AND org_id > ? ORDER BY org_id LIMIT 1
func (t *Turn) Next(ctx context.Context, r Reader, query string, args ...any) (next id.Org, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, behind := range []id.Org{t.last, {}} { // then from the first on; as bytes, since no id is NULL
		err = r.QueryRow(ctx, query, append(args[:len(args):len(args)], behind[:])...).Scan(&next)
		if err == nil {
			t.last = next
		}
		if !errors.Is(err, ErrNoRows) {
			return next, err
		}
	}
	return next, err
}
