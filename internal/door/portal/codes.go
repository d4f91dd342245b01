package portal

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
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
//
// They wait a moment first, of a length that nobody can foresee: whether somebody
// gets a code shows in how long the next request takes if it meets the work.
type Codes struct {
	log  *slog.Logger
	work chan job
}

// job is a code to be made, not before a moment.
type job struct {
	at time.Time
	do func(context.Context) error
}

// A code waits between these before it is made.
const (
	waitLeast = 200 * time.Millisecond
	waitMost  = 1200 * time.Millisecond
)

// NewCodes makes a Codes. What it is given waits until Run runs.
func NewCodes(log *slog.Logger) *Codes {
	return &Codes{log: log, work: make(chan job, waiting)}
}

// later has a code made. When too many are waiting it is left undone: the person
// asks again.
func (c *Codes) later(do func(context.Context) error) {
	wait := waitLeast + rand.N(waitMost-waitLeast) //nolint:gosec // no secret
	select {
	case c.work <- job{time.Now().Add(wait), do}:
	default:
	}
}

// Run makes codes until ctx ends, and then those that wait.
func (c *Codes) Run(ctx context.Context) {
	for {
		select {
		case job := <-c.work:
			pause := time.NewTimer(time.Until(job.at))
			select {
			case <-pause.C:
			case <-ctx.Done(): // those that wait are made at once
				pause.Stop()
			}
			c.do(ctx, job.do)
		case <-ctx.Done():
			for {
				select {
				case job := <-c.work:
					c.do(ctx, job.do)
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
