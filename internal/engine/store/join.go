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
// joined to it so, without the act knowing. A write that is not the act is passed
// over: one that only keeps why it was refused says so with [Aside], and what is
// stored before or instead of it is written with [Apart]. If nothing else is
// written, fn does not run.
func Joining(ctx context.Context, fn func(context.Context, Tx) error) (context.Context, *Joined) {
	outer, _ := ctx.Value(joinedKey{}).(*Joined)
	j := &Joined{fn: fn, outer: outer}
	return context.WithValue(ctx, joinedKey{}, j), j
}

// Aside says, from inside a write, that this write is not the act: what is
// joined waits for another one, and if none comes it is not done.
func Aside(ctx context.Context) {
	if aside, _ := ctx.Value(asideKey{}).(*bool); aside != nil {
		*aside = true
	}
}

type asideKey struct{}

// Apart returns a context whose writes nothing joins.
func Apart(ctx context.Context) context.Context {
	return context.WithValue(ctx, joinedKey{}, (*Joined)(nil))
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
		aside, inner := ctx.Value(asideKey{}).(*bool)
		if !inner { // the outermost of what is joined; fn may run again
			aside = new(bool)
			ctx = context.WithValue(ctx, asideKey{}, aside)
		}
		if err := fn(ctx, tx); err != nil || *aside {
			return err
		}
		tx.AfterCommit(func() { j.done.Store(true) })
		return j.fn(ctx, tx)
	}
}
