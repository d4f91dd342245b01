package store

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Group commit: one goroutine owns the writing transaction. It takes the work
// that has queued up while the last transaction ran, runs it all in one
// transaction, and commits once. While a commit is made durable, the next
// transaction runs already; a caller learns of his own only when it is on the
// disk.
//
// Whoever has to wait for a row that another transaction holds leaves the group
// and waits in a transaction of its own, where the engine has more than one at a
// time: the others have nothing to do with it.

const (
	groupMost    = 512                   // pieces of work in one transaction
	groupLongest = 50 * time.Millisecond // after which no more work joins
	groupQueue   = 4096
	nestedAfter  = 100 * time.Millisecond // waiting, after which a write asks itself whether it is inside another
	groupTries   = 5
	groupFlushes = 3 // commits being made durable at the same time
	groupLeavers = 2 // transactions of those who left the group, at the same time
	bitesMost    = 4 // transactions of bites at the same time
)

type work struct {
	ctx      context.Context //nolint:containedctx // of one call
	quiet    context.Context //nolint:containedctx // the same, but it does not end
	group    *group
	writing  *writing
	patience time.Duration
	apart    bool
	taken    atomic.Bool // by the worker, or by a caller who does not wait any longer
	fn       func(context.Context, Tx) error
	done     chan error
	hooks    []func()
	err      error
	stopped  bool // before its function had come to its end
}

type group struct {
	life     context.Context //nolint:containedctx // of the database
	engine   engine
	queue    chan *work
	ended    chan struct{}
	flushing chan struct{} // a place for each commit on its way to the disk
	leaving  chan struct{} // a place for each transaction of those who left
	bites    chan struct{} // a place for each bite beside the group
	beside   sync.WaitGroup
	inside   sync.Map                // goroutine → *writing that runs on it
	busy     atomic.Pointer[writing] // the last one in the group

	trouble *trouble
	log     *slog.Logger
	slow    time.Duration
	longest time.Duration // times the patience of a caller

	mu     sync.RWMutex
	closed bool
}

func newGroup(life context.Context, e engine, t *trouble, options []Option) *group {
	g := &group{life: life, engine: e, trouble: t, queue: make(chan *work, groupQueue), ended: make(chan struct{}), flushing: make(chan struct{}, groupFlushes),
		leaving: make(chan struct{}, groupLeavers), bites: make(chan struct{}, e.beside()), log: slog.Default(), slow: slowAfter, longest: longest}
	for _, set := range options {
		set(g)
	}
	go g.loop()
	return g
}

// newWork is a write as it was asked for from somewhere, unless that is inside
// another one.
func (g *group) newWork(ctx context.Context, stack []uintptr, fn func(context.Context, Tx) error) (*work, error) {
	at := placeOf(stack)
	if outer := g.begun(ctx, stack); outer != nil {
		return nil, &NestedError{Inner: at.String(), Outer: outer.place.String()}
	}
	around, _ := ctx.Value(writingKey{}).(*writing)
	mark := &writing{group: g, outer: around, place: at}
	ctx = context.WithValue(ctx, writingKey{}, mark)
	return &work{ctx: ctx, quiet: context.WithoutCancel(ctx), group: g, writing: mark, patience: patienceOf(ctx), fn: fn, done: make(chan error, 1)}, nil
}

// run has the work done in the group.
func (g *group) run(ctx context.Context, w *work) error {
	g.mu.RLock()
	if g.closed {
		g.mu.RUnlock()
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		g.mu.RUnlock()
		return err
	}
	busy := g.busy.Load()
	long := time.NewTimer(w.patience)
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
	// Until its turn comes, the work may leave the queue: because its caller
	// does not wait any longer, or because the database does not answer those
	// before. Once it runs, its outcome is awaited.
	var gaveUp error
	soon := time.NewTimer(nestedAfter)
	defer soon.Stop()
	for gaveUp == nil {
		select {
		case err := <-w.done:
			return err
		case <-soon.C:
			if g.startedBy(busy) {
				gaveUp = &NestedError{Inner: w.writing.place.String(), Outer: busy.place.String()}
			}
		case <-ctx.Done():
			gaveUp = ctx.Err()
		case <-long.C:
			gaveUp = errSilent
		}
	}
	if w.taken.CompareAndSwap(false, true) {
		return gaveUp
	}
	return <-w.done
}

// runApart has the work done beside the group, on the goroutine of its caller.
func (g *group) runApart(ctx context.Context, w *work) error {
	w.apart = true
	g.mu.RLock()
	if g.closed {
		g.mu.RUnlock()
		return ErrClosed
	}
	g.beside.Add(1)
	g.mu.RUnlock()
	defer g.beside.Done()
	if err := ctx.Err(); err != nil {
		return err
	}
	long := time.NewTimer(w.patience)
	defer long.Stop()
	select {
	case g.bites <- struct{}{}:
		defer func() { <-g.bites }()
	case <-ctx.Done():
		return ctx.Err()
	case <-g.life.Done():
		return ErrClosed
	case <-long.C:
		return errSilent
	}
	w.err = g.alone(w, goroutine())
	finish([]*work{w}, nil)
	return w.err
}

func (g *group) stop() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.queue)
	}
	g.mu.Unlock()
	<-g.ended
	g.beside.Wait()
}

// loop runs what waits, all of it together.
//
//nolint:contextcheck // a transaction belongs to no single caller
func (g *group) loop() {
	defer close(g.ended)
	on := goroutine()
	for first := range g.queue {
		if first.taken.CompareAndSwap(false, true) {
			g.commit(first, on)
		}
	}
	for range groupFlushes { // wait for the last ones
		g.flushing <- struct{}{}
	}
}

// commit runs one transaction, beginning with one piece of work and joined by
// all that waits, and has it made durable in the background.
func (g *group) commit(first *work, on uint64) {
	together, tx, err := g.together(first, on)
	var again []*work
	done := together[:0]
	for _, w := range together {
		switch {
		case raced(err), raced(w.err), held(w.err), errors.Is(err, errUndone) && w.err == nil:
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
			finish(done, g.flush(tx))
			<-g.flushing
		}()
	}
	g.leave(again, on)
}

// leave runs each piece of work in a transaction of its own: beside the group,
// if the engine has more than one at a time.
func (g *group) leave(all []*work, on uint64) {
	if len(all) == 0 {
		return
	}
	each := func(on uint64) {
		for _, w := range all {
			w.err = g.alone(w, on)
			finish([]*work{w}, nil)
		}
	}
	if g.engine.beside() == 0 {
		each(on)
		return
	}
	g.beside.Go(func() {
		g.leaving <- struct{}{}
		defer func() { <-g.leaving }()
		each(goroutine())
	})
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
func (g *group) together(first *work, on uint64) (all []*work, done engineTx, err error) {
	all = []*work{first}
	ctx := context.Background()
	tx, err := g.engine.begin(g.life, shared)
	if err != nil {
		return g.waiting(all), nil, err
	}
	began := time.Now()
	runFirst(tx, first, on)
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
			if err := runPart(tx, next, on); err != nil {
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

// held reports whether the work would have had to wait for another transaction.
func held(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == lockNotAvailable
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
//
//nolint:contextcheck // a transaction has the context of its work
func (g *group) alone(w *work, on uint64) error {
	var err error
	for range groupTries {
		if err = g.once(w, on); err == nil || !raced(err) {
			return err
		}
	}
	return err
}

func (g *group) once(w *work, on uint64) error {
	ctx := context.Background()
	tx, err := g.engine.begin(g.life, alone)
	if err != nil {
		return err
	}
	w.err, w.hooks = nil, nil
	runFirst(tx, w, on)
	if w.err != nil {
		_ = tx.rollback(ctx)
		return w.err
	}
	if err := tx.commit(ctx); err != nil {
		return err
	}
	return g.flush(tx)
}

// flush waits for the disk.
//
//nolint:contextcheck // a transaction belongs to no single caller
func (g *group) flush(tx engineTx) error {
	err := tx.flush(context.Background())
	if err == nil && tx.changed() {
		g.trouble.over()
	}
	return err
}
