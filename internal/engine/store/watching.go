package store

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"
)

// Option says how a database is opened.
type Option func(*group)

// slowAfter is how long the function given to Write may take until it is
// logged. Those of others in the same transaction wait for it.
const slowAfter = 500 * time.Millisecond

// Logging says where it is written down that a write was slow, or failed in a
// way nobody thought of: places in the program and times, nothing of what was
// written. Without it, the log is the program's default one.
func Logging(to *slog.Logger) Option { return func(g *group) { g.log = to } }

// SlowAfter says from when on a write is slow. 0 stands for 500 ms.
func SlowAfter(d time.Duration) Option {
	return func(g *group) {
		if d > 0 {
			g.slow = d
		}
	}
}

// longest is how many times the patience of its caller a write may take in all:
// after that its next statement is refused.
const longest = 4

// errEndless is what a write learns that does not come to an end.
var errEndless = errors.New("the write takes too long: do its work in bites")

// do runs the function of a write, and keeps from harm those who share the
// transaction. Its name on the stack tells writes begun inside it.
//
//go:noinline
func (w *work) do(part *partTx, on uint64) (err error) {
	began := time.Now()
	part.leash = hold(w.ctx, w.patience, w.group.longest*w.patience, part.stop)
	part.allow(part.leash)
	leave := w.group.enter(on, w.writing)
	if !w.apart {
		w.group.busy.Store(w.writing)
	}
	defer func() {
		part.leash.release()
		leave()
		if p := recover(); p != nil {
			err = w.panicked(p, debug.Stack())
		}
		if took := time.Since(began); took > w.group.slow {
			w.group.log.Warn("a write was slow, and others waited for it", "at", w.writing.place.String(), "took", took.Round(time.Millisecond).String(), "apart", w.apart)
		}
	}()
	return w.fn(w.ctx, part)
}

// PanicError is how the panic of a function given to Write comes back from it.
type PanicError struct {
	At    string // where the write was begun: file:line
	Stack []byte // of the panic: names of functions and places, no values
	cause any
}

// Error does not show a value that was given to panic: what it holds is not
// known. What the Go runtime says about a mistake is harmless.
func (e *PanicError) Error() string {
	what := fmt.Sprintf("%T", e.cause)
	var mistake runtime.Error
	if err, is := e.cause.(error); is && errors.As(err, &mistake) {
		what = mistake.Error()
	}
	return fmt.Sprintf("the write at %s failed unexpectedly: %s", e.At, what)
}

// Unwrap is the error given to panic, if it was one.
func (e *PanicError) Unwrap() error {
	err, _ := e.cause.(error)
	return err
}

func (w *work) panicked(cause any, stack []byte) error {
	err := &PanicError{At: w.writing.place.String(), Stack: stack, cause: cause}
	w.group.log.Error("a write failed unexpectedly", "at", err.At, "error", err, "stack", string(stack))
	return err
}
