package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Running is something that runs until ctx ends.
type Running struct {
	Name string
	Run  func(ctx context.Context)
}

// Crew are all that run in a process.
type Crew struct {
	All  []Running
	Last func(ctx context.Context) // is done when all have ended
	// Abandon gives up what is under way if finishing takes too long. It is not
	// lost then: whatever was not committed begins anew with the next start, as
	// after a crash.
	Abandon func()
	// Ended waits for what ends the process although nothing of it broke, and
	// says what it was; nil if ctx ends before. It may be left out.
	Ended func(ctx context.Context) error
	Log   *slog.Logger
}

// finishWithin is how long work under way may take to finish when the process
// is asked to end.
const finishWithin = 5 * time.Second

// Run runs all, and returns when ctx has ended and everything has finished what
// was under way. It ends early, with an error, if one of them breaks: what was
// left would be an installation that looks whole and is not.
func (c Crew) Run(ctx context.Context) error {
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for _, r := range c.All {
		all.Go(func() {
			if err := c.guarded(running, r); err != nil {
				stop(err)
			}
		})
	}
	if c.Ended != nil {
		all.Go(func() {
			if err := c.Ended(running); err != nil {
				c.Log.Error("nothing more can be done; the process ends in order", "error", err)
				stop(err)
			}
		})
	}
	<-running.Done()
	defer time.AfterFunc(finishWithin, c.Abandon).Stop()
	all.Wait()
	c.Last(context.WithoutCancel(ctx))
	if ctx.Err() == nil {
		return context.Cause(running)
	}
	return nil
}

// guarded runs one of them. A panic in it is logged with its stack, without the
// value that was given to panic: what it holds is not known.
func (c Crew) guarded(ctx context.Context, r Running) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.Log.Error("something that runs broke; the process ends in order", "runner", r.Name, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s broke with %T: the log holds its stack", r.Name, p)
		}
	}()
	r.Run(ctx)
	return nil
}
