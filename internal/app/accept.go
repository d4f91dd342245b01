package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"einklang/internal/door/webhook"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/intake"
)

// acceptWithin is how long a webhook may wait for the disk. Meta has then
// waited for nearly five seconds; it is told to come again, and the same
// webhook twice is no harm.
const acceptWithin = 4 * time.Second

// accept translates the intake's errors for the door.
type accept struct{ *App }

func (x accept) Accept(ctx context.Context, app string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, acceptWithin)
	defer cancel()
	err := x.Intake.Accept(ctx, app, body)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	switch {
	case err == nil:
		x.reached.note(nil, x.Config.Log)
		return nil
	case errors.Is(err, intake.ErrUnknownNumber):
		return webhook.ErrUnknownNumber
	case errors.Is(err, intake.ErrMalformed):
		return webhook.ErrMalformed
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrFull), errors.Is(err, store.ErrReadOnly):
		if !errors.Is(ctx.Err(), context.Canceled) { // else it is the caller who is gone
			x.reached.note(err, x.Config.Log)
		}
		return fmt.Errorf("%w: %w", webhook.ErrUnavailable, err)
	case store.Passing(err):
		return fmt.Errorf("%w: %w", webhook.ErrUnavailable, err)
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

// Ready reports whether the installation can take messages.
func (a *App) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	err := a.DB.Ping(ctx)
	if err == nil || errors.Is(err, store.ErrUnavailable) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		a.reached.note(err, a.Config.Log)
	}
	return err
}
