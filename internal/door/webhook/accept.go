package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"einklang/internal/engine/store"
)

// acceptWithin is how long a webhook may wait for the disk. Meta has then
// waited for nearly five seconds; it is told to come again, and the same
// webhook twice is no harm.
const acceptWithin = 4 * time.Second

// readyWithin is how long the database may take to say that it is there.
const readyWithin = 2 * time.Second

// errUnavailable: the webhook cannot be stored now, but may be later.
var errUnavailable = errors.New("unavailable")

// accept hands a webhook to the intake, and finds out whether what went wrong
// passes by itself.
func (d *Door) accept(ctx context.Context, app string, body []byte) error {
	return d.within(ctx, func(ctx context.Context) error { return d.intake.Accept(ctx, app, body) })
}

// within does what puts a webhook onto the disk.
func (d *Door) within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, acceptWithin)
	defer cancel()
	err := do(ctx)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	switch {
	case err == nil:
		d.reached.note(nil, d.log)
		return nil
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrFull), errors.Is(err, store.ErrReadOnly):
		if !errors.Is(ctx.Err(), context.Canceled) { // else it is the caller who is gone
			d.reached.note(err, d.log)
		}
		return fmt.Errorf("%w: %w", errUnavailable, err)
	case store.Passing(err):
		return fmt.Errorf("%w: %w", errUnavailable, err)
	default:
		return err
	}
}

// reached is whether the database took what it was given last. The log tells
// once when that ends, and once when it begins again.
type reached struct{ away atomic.Bool }

func (r *reached) note(err error, log *slog.Logger) {
	switch {
	case err != nil && r.away.CompareAndSwap(false, true):
		log.Error("the database does not answer or takes nothing; webhooks are refused until it does, and Meta sends them again", "error", err)
	case err == nil && r.away.CompareAndSwap(true, false):
		log.Info("the database answers again; webhooks are taken")
	}
}

// Ready reports whether webhooks can be taken: whether the database answers, and
// took what it was given last.
func (d *Door) Ready(ctx context.Context, db *store.DB) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	err := db.Healthy(ctx)
	if err == nil || errors.Is(err, store.ErrUnavailable) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		d.reached.note(err, d.log)
	}
	return err
}
