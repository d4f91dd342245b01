package store

import (
	"context"
	"sync/atomic"
)

// Joined is work that wants to be part of a caller's write.
type Joined struct {
	fn    func(context.Context, Tx) error
	outer *Joined
	done  atomic.Bool
}

// Done reports whether the work is on the disk.
func (j *Joined) Done() bool { return j.done.Load() }

type joinedKey struct{}

// Joining returns a context whose first [DB.Write] that succeeds also does fn,
// at its end and in the same transaction: either both are on the disk, or
// neither is. What shall be written down about an act, or what an act needs, is
// joined to it so, without the act knowing. If nothing is written, fn does not
// run.
func Joining(ctx context.Context, fn func(context.Context, Tx) error) (context.Context, *Joined) {
	outer, _ := ctx.Value(joinedKey{}).(*Joined)
	j := &Joined{fn: fn, outer: outer}
	return context.WithValue(ctx, joinedKey{}, j), j
}

// withJoined adds to a write what wants to be part of it.
func withJoined(ctx context.Context, fn func(context.Context, Tx) error) func(context.Context, Tx) error {
	j, _ := ctx.Value(joinedKey{}).(*Joined)
	for ; j != nil; j = j.outer {
		if !j.done.Load() {
			fn = j.after(fn)
		}
	}
	return fn
}

func (j *Joined) after(fn func(context.Context, Tx) error) func(context.Context, Tx) error {
	return func(ctx context.Context, tx Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		tx.AfterCommit(func() { j.done.Store(true) })
		return j.fn(ctx, tx)
	}
}
