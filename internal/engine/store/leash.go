package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"einklang/internal/rule/backoff"
)

// A leash holds a write to its time. Nobody waits any longer than that for what
// the engine works on, and nothing more is asked of it once the caller is gone
// or the time is over. It does so in the engine's own way of stopping one
// statement, never by ending a connection: others share the transaction.
type leash struct {
	stop  func()        // has the engine end the call under way, which fails then
	limit time.Duration // of one call
	until time.Time     // after which none begins
	done  <-chan struct{}
	gone  func() bool // releases the caller

	mu    sync.Mutex
	calls int       // under way
	began time.Time // the last of them
	why   error     // no call is made any more
	timer *time.Timer
	pulls int64
	over  bool // the write has come to its end
}

// hold begins the time of a write.
func hold(caller context.Context, limit, whole time.Duration, stop func()) *leash {
	l := &leash{stop: stop, limit: limit, until: time.Now().Add(whole), done: caller.Done(), gone: func() bool { return true }}
	l.timer = time.AfterFunc(limit, l.look)
	if l.done != nil {
		l.gone = context.AfterFunc(caller, func() { l.end(caller.Err()) })
	}
	return l
}

// release ends the time. What others do in the transaction is not stopped.
func (l *leash) release() {
	l.gone()
	l.timer.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// begin says that the engine is asked something now, until end is called.
func (l *leash) begin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.asks(); err != nil {
		return err
	}
	l.calls++
	return nil
}

// again says that a call of several statements has come to its next one.
func (l *leash) again() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asks()
}

func (l *leash) asks() error {
	l.began = time.Now()
	if l.why == nil && l.began.After(l.until) {
		l.why = errEndless
	}
	return l.why
}

// ended says that the engine has answered, and returns why it was stopped, if
// that is what made it fail.
func (l *leash) ended(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls--
	l.pulls = 0
	if err != nil && l.why != nil {
		return l.why
	}
	return err
}

// watch has a call end with the context it was given, where that is another one
// than its write's.
func (l *leash) watch(ctx context.Context) (release func() bool) {
	if done := ctx.Done(); done == nil || done == l.done {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() { l.end(ctx.Err()) })
}

// end allows no further call, and stops the one under way.
func (l *leash) end(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	if l.why == nil {
		l.why = why
	}
	l.pull()
}

// look is called when a call may have taken too long.
func (l *leash) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	left := l.limit
	if l.calls > 0 {
		left -= time.Since(l.began)
	}
	switch {
	case l.why != nil:
		l.pull()
	case left > 0:
		l.timer.Reset(left)
	default:
		l.why = fmt.Errorf("%w in %s", errSilent, l.limit)
		l.pull()
	}
}

// pullAgain is how long after the first time a call is stopped once more: it may
// have been about to begin, and not have heard.
var pullAgain = backoff.Pause{First: 10 * time.Millisecond, Most: 640 * time.Millisecond}

// pull stops the call under way. The lock is held meanwhile, so that no other
// one is stopped in its place.
func (l *leash) pull() {
	if l.calls == 0 {
		return
	}
	l.stop()
	l.pulls++
	l.timer.Reset(pullAgain.After(l.pulls, l.until.String()))
}
