package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Group commit: one goroutine owns the writing transaction. It takes the work
// that has queued up while the last transaction ran, runs it all in one
// transaction, and commits once. While a commit is made durable, the next
// transaction runs already; a caller learns of his own only when it is on the
// disk.

const (
	groupMost    = 512                   // pieces of work in one transaction
	groupLongest = 50 * time.Millisecond // after which no more work joins
	groupQueue   = 4096
	groupTries   = 5
	groupFlushes = 3 // commits being made durable at the same time
)

type work struct {
	ctx   context.Context
	taken atomic.Bool // by the worker, or by a caller who does not wait any longer
	fn    func(context.Context, Tx) error
	done  chan error
	hooks []func()
	err   error
}

type group struct {
	life     context.Context //nolint:containedctx // of the database
	engine   engine
	queue    chan *work
	ended    chan struct{}
	flushing chan struct{} // a place for each commit on its way to the disk

	mu     sync.RWMutex
	closed bool
}

func newGroup(life context.Context, e engine) *group {
	g := &group{life: life, engine: e, queue: make(chan *work, groupQueue), ended: make(chan struct{}), flushing: make(chan struct{}, groupFlushes)}
	go g.loop()
	return g
}

func (g *group) run(ctx context.Context, fn func(context.Context, Tx) error) error {
	w := &work{ctx: context.WithoutCancel(ctx), fn: fn, done: make(chan error, 1)}
	g.mu.RLock()
	if g.closed {
		g.mu.RUnlock()
		return ErrClosed
	}
	long := time.NewTimer(patienceOf(ctx))
	defer long.Stop()
	select {
	case g.queue <- w:
		g.mu.RUnlock()
	case <-ctx.Done():
		g.mu.RUnlock()
		return ctx.Err()
	case <-long.C:
		g.mu.RUnlock()
		return errSilent
	}
	// The work has joined the queue: it runs whether or not the caller still
	// waits, so its outcome is awaited. Only if its turn does not come, because
	// the database does not answer those before, it will not run any more.
	select {
	case err := <-w.done:
		return err
	case <-long.C:
		if w.taken.CompareAndSwap(false, true) {
			return errSilent
		}
		return <-w.done
	}
}

func (g *group) stop() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.queue)
	}
	g.mu.Unlock()
	<-g.ended
}

func (g *group) loop() {
	defer close(g.ended)
	for first := range g.queue {
		if first.taken.CompareAndSwap(false, true) {
			g.commit(first)
		}
	}
	for range groupFlushes { // wait for the last ones
		g.flushing <- struct{}{}
	}
}

// commit runs one transaction, beginning with one piece of work and joined by
// all that waits, and has it made durable in the background.
func (g *group) commit(first *work) {
	together, tx, err := g.together(first)
	var again []*work
	done := together[:0]
	for _, w := range together {
		switch {
		case raced(err), raced(w.err):
			again = append(again, w)
			continue
		case w.err == nil:
			w.err = err
		}
		done = append(done, w)
	}
	if tx == nil {
		finish(done, nil)
	} else {
		g.flushing <- struct{}{}
		go func() {
			finish(done, tx.flush(context.Background()))
			<-g.flushing
		}()
	}
	for _, w := range again {
		w.err = g.alone(w)
		finish([]*work{w}, nil)
	}
}

// finish tells the callers what became of their work.
func finish(all []*work, err error) {
	for _, w := range all {
		if w.err == nil {
			w.err = err
		}
		if w.err == nil {
			for _, hook := range w.hooks {
				hook()
			}
		}
		w.done <- w.err
	}
}

// together returns the transaction if it is committed and wants to be flushed.
func (g *group) together(first *work) (all []*work, done engineTx, err error) {
	all = []*work{first}
	ctx := context.Background()
	tx, err := g.engine.begin(g.life)
	if err != nil {
		return g.waiting(all), nil, err
	}
	began := time.Now()
	runFirst(tx, first)
	if first.err != nil {
		return all, nil, tx.rollback(ctx) // nothing else is lost with it
	}
	for next := first; next != nil; {
		if len(all) == groupMost || time.Since(began) > groupLongest {
			break
		}
		select {
		case w, open := <-g.queue:
			if !open {
				next = nil
				break
			}
			if !w.taken.CompareAndSwap(false, true) {
				break
			}
			all = append(all, w)
			next = w
			if err := runPart(tx, next); err != nil {
				_ = tx.rollback(ctx)
				return all, nil, err
			}
		default:
			next = nil
		}
	}
	if err := tx.commit(ctx); err != nil {
		return all, nil, err
	}
	return all, tx, nil
}

// raced reports whether the same work may succeed when it is run again at once.
func raced(err error) bool { return errors.Is(err, ErrRaced) || errors.Is(reason(err), ErrRaced) }

// waiting adds all that waits: what keeps one transaction from beginning keeps
// the others as well.
func (g *group) waiting(all []*work) []*work {
	for {
		select {
		case w, open := <-g.queue:
			if !open {
				return all
			}
			if w.taken.CompareAndSwap(false, true) {
				all = append(all, w)
			}
		default:
			return all
		}
	}
}

// alone runs one piece of work in a transaction of its own, again while others
// are faster.
func (g *group) alone(w *work) error {
	var err error
	for range groupTries {
		if err = g.once(w); err == nil || !raced(err) {
			return err
		}
	}
	return err
}

func (g *group) once(w *work) error {
	ctx := context.Background()
	tx, err := g.engine.begin(g.life)
	if err != nil {
		return err
	}
	w.err, w.hooks = nil, nil
	runFirst(tx, w)
	if w.err != nil {
		_ = tx.rollback(ctx)
		return w.err
	}
	if err := tx.commit(ctx); err != nil {
		return err
	}
	return tx.flush(ctx)
}

// runFirst runs the piece of work that opens a transaction. It needs no
// savepoint: if it fails, the transaction ends with it.
func runFirst(tx engineTx, w *work) {
	part := &partTx{engineTx: tx}
	w.err = call(part, w)
	if w.err == nil {
		w.err = part.failed
	}
	if w.err == nil {
		w.hooks = part.hooks
	}
}

// runPart runs a further piece of work under a savepoint. Its own error is kept in
// the work; the returned error means that the whole transaction is lost.
func runPart(tx engineTx, w *work) error {
	if _, err := tx.exec(w.ctx, "SAVEPOINT part", nil); err != nil {
		return err
	}
	part := &partTx{engineTx: tx}
	w.err = call(part, w)
	if w.err == nil {
		w.err = part.failed
	}
	if w.err == nil {
		w.hooks = part.hooks
		_, err := tx.exec(w.ctx, "RELEASE SAVEPOINT part", nil)
		return err
	}
	if _, err := tx.exec(w.ctx, "ROLLBACK TO SAVEPOINT part", nil); err != nil {
		return fmt.Errorf("%w (after: %w)", err, w.err)
	}
	_, err := tx.exec(w.ctx, "RELEASE SAVEPOINT part", nil)
	return err
}

func call(part *partTx, w *work) (err error) {
	part.allow(patienceOf(w.ctx))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a write failed unexpectedly: %v", p)
		}
	}()
	return w.fn(w.ctx, part)
}

// partTx is the transaction as one piece of work sees it.
type partTx struct {
	engineTx
	hooks  []func()
	failed error
}

func (p *partTx) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	n, err := p.exec(ctx, sql, args)
	return n, p.note(err)
}

func (p *partTx) QueryMany(ctx context.Context, sql string, args [][]any, scan func(int, Row) error) error {
	if len(args) == 0 {
		return nil
	}
	return p.queryMany(ctx, sql, args, scan)
}

func (p *partTx) AfterCommit(hook func()) { p.hooks = append(p.hooks, hook) }

// note remembers that a statement failed: work that swallowed the error must
// not be committed half.
func (p *partTx) note(err error) error {
	if err != nil && p.failed == nil {
		p.failed = err
	}
	return err
}

// changes reports whether a statement that touched so many rows has changed the
// database, so that its commit must reach the disk.
func changes(text string, rows int64) bool {
	if rows > 0 {
		return true
	}
	for _, harmless := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "SAVEPOINT", "RELEASE", "ROLLBACK"} {
		if strings.HasPrefix(text, harmless) {
			return false
		}
	}
	return true
}
