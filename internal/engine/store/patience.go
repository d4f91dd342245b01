package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Nothing waits for ever. A server whose host is gone may leave its connections
// open and never answer again, and a statement that waits for it would hold up
// all that come after. So each statement, and the opening of each transaction,
// has a time in which the database must say something; a result of many rows
// has it for each of them, so that a long one is no slow one.

// answerWithin is how long the database may be silent. It is far more than any
// statement of ours takes.
const answerWithin = 15 * time.Second

// closeWithin is how long Close waits for writes under way, and then for
// connections.
const closeWithin = 3 * time.Second

// errSilent is what a caller learns who has waited long enough. Whether a
// commit that was under way has happened is not known then.
var errSilent = fmt.Errorf("%w: it does not answer", ErrUnavailable)

type patienceKey struct{}

// Patient returns a context whose statements may take as long as is given: for
// commands that work on whole tables while nothing else runs.
func Patient(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, d)
}

func patienceOf(ctx context.Context) time.Duration {
	if d, set := ctx.Value(patienceKey{}).(time.Duration); set {
		return d
	}
	return answerWithin
}

// wait is how long one reading call may wait. The time runs only while the
// database is to answer, not while the caller looks at what it has got.
type wait struct {
	ctx    context.Context //nolint:containedctx // of this one call
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
	life   func() bool // lets go of it: the call ends with the database
}

// waiting begins a call that ends, at the latest, with life.
func waiting(ctx, life context.Context) (context.Context, *wait) {
	w := &wait{limit: patienceOf(ctx)}
	ctx, w.cancel = context.WithCancelCause(ctx)
	w.ctx = ctx
	w.timer = time.AfterFunc(w.limit, func() { w.cancel(errSilent) })
	w.life = context.AfterFunc(life, func() { w.cancel(ErrClosed) })
	return ctx, w
}

func (w *wait) run()   { w.timer.Reset(w.limit) }
func (w *wait) pause() { w.timer.Stop() }

func (w *wait) end() {
	w.timer.Stop()
	w.life()
	w.cancel(nil)
}

// explain says why a call was broken off, if that is what happened.
func (w *wait) explain(err error) error {
	if cause := context.Cause(w.ctx); err != nil && (errors.Is(cause, errSilent) || errors.Is(cause, ErrClosed)) {
		return fmt.Errorf("%w (%w)", cause, err)
	}
	return err
}

// reading is a Reader each of whose calls has its time.
type reading struct {
	Reader
	db *DB
}

func (r reading) Query(ctx context.Context, sql string, args ...any) (Rows, error) {
	if err := counted(ctx, sql); err != nil {
		return nil, err
	}
	within, w := waiting(ctx, r.db.life)
	rows, err := r.Reader.Query(within, sql, args...)
	if err != nil {
		w.end()
		return nil, r.db.explain(w.explain(err))
	}
	w.pause()
	return readRows{rows, r.db, w}, nil
}

func (r reading) QueryRow(ctx context.Context, sql string, args ...any) Row {
	if err := counted(ctx, sql); err != nil {
		return failedRow{err}
	}
	within, w := waiting(ctx, r.db.life)
	return readRow{r.Reader.QueryRow(within, sql, args...), r.db, w}
}

// readRow and readRows name what is wrong with the database also when it shows
// only while reading.
type readRow struct {
	row  Row
	db   *DB
	wait *wait
}

func (r readRow) Scan(dest ...any) error {
	defer r.wait.end()
	return r.db.explain(r.wait.explain(r.row.Scan(dest...)))
}

type readRows struct {
	Rows
	db   *DB
	wait *wait
}

func (r readRows) Next() bool {
	r.wait.run()
	defer r.wait.pause()
	return r.Rows.Next()
}

func (r readRows) Scan(dest ...any) error { return r.db.explain(r.Rows.Scan(dest...)) }
func (r readRows) Err() error             { return r.db.explain(r.wait.explain(r.Rows.Err())) }

func (r readRows) Close() {
	r.wait.run()
	r.Rows.Close()
	r.wait.end()
}
