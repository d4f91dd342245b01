package portal

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"einklang/internal/engine/store"
)

const (
	// waiting bounds how many codes may be on their way to being made.
	waiting = 256
	// codeWithin is how long making and queueing one code may take.
	codeWithin = 30 * time.Second
)

// Codes makes one-time codes after the answer, so that its time does not show
// whether there is somebody to get one.
type Codes struct {
	log  *slog.Logger
	work chan func(context.Context) error
}

// NewCodes makes a Codes. What it is given waits until Run runs.
func NewCodes(log *slog.Logger) *Codes {
	return &Codes{log: log, work: make(chan func(context.Context) error, waiting)}
}

// later has a code made. When too many are waiting it is dropped: the person
// asks again.
func (c *Codes) later(job func(context.Context) error) {
	select {
	case c.work <- job:
	default:
	}
}

// Run makes codes until ctx ends, and then those that wait.
func (c *Codes) Run(ctx context.Context) {
	for {
		select {
		case job := <-c.work:
			c.do(ctx, job)
		case <-ctx.Done():
			for {
				select {
				case job := <-c.work:
					c.do(ctx, job)
				default:
					return
				}
			}
		}
	}
}

func (c *Codes) do(ctx context.Context, job func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), codeWithin)
	defer cancel()
	if err := job(ctx); err != nil && !errors.Is(err, store.ErrClosed) {
		c.log.Error("a code for the portal could not be sent", "error", err)
	}
}
