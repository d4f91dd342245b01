package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// runFirst runs the piece of work that opens a transaction. It needs no
// savepoint: if it fails, the transaction ends with it.
func runFirst(tx engineTx, w *work, on uint64) { w.in(tx, on) }

// errUndone: the engine took the whole transaction back because of one piece of
// work. SQLite does so with a statement that was stopped while it wrote
// (sqlite.org/c3ref/interrupt.html).
var errUndone = errors.New("the transaction is taken back")

// runPart runs a further piece of work under a savepoint. Its own error is kept in
// the work; the returned error means that the whole transaction is lost.
func runPart(tx engineTx, w *work, on uint64) error {
	if _, err := tx.exec(w.quiet, "SAVEPOINT part", nil); err != nil {
		return err
	}
	if w.in(tx, on); w.err == nil {
		_, err := tx.exec(w.quiet, "RELEASE SAVEPOINT part", nil)
		return err
	}
	if _, err := tx.exec(w.quiet, "ROLLBACK TO SAVEPOINT part", nil); err != nil {
		if w.stopped {
			return errUndone
		}
		return fmt.Errorf("%w (after: %w)", err, w.err)
	}
	_, err := tx.exec(w.quiet, "RELEASE SAVEPOINT part", nil)
	return err
}

// in runs the work in a transaction, and keeps what came of it.
func (w *work) in(tx engineTx, on uint64) {
	part := &partTx{engineTx: tx, quiet: w.quiet}
	w.err = w.do(part, on)
	if w.err == nil {
		w.err = part.failed
	}
	if w.err == nil {
		w.hooks = part.hooks
	}
	w.stopped = part.leash.why != nil
}

// partTx is the transaction as one piece of work sees it.
type partTx struct {
	engineTx
	quiet  context.Context //nolint:containedctx // of the work, without its end: that is the leash's
	leash  *leash
	hooks  []func()
	failed error
}

// ask has the engine do something. The statement is for those who count.
func (p *partTx) ask(ctx context.Context, statement string, do func(context.Context) error) error {
	release, err := p.begin(ctx, statement)
	if err != nil {
		return err
	}
	defer release()
	return p.note(p.leash.ended(do(p.quiet))) //nolint:contextcheck // the end of ctx is the leash's
}

// begin begins a call that ends with ctx, too, until it is forgotten.
func (p *partTx) begin(ctx context.Context, statement string) (release func() bool, err error) {
	if err := counted(ctx, statement); err != nil {
		return nil, p.note(err)
	}
	if err := ctx.Err(); err != nil {
		return nil, p.note(err)
	}
	if err := p.leash.begin(); err != nil {
		return nil, p.note(err)
	}
	return p.leash.watch(ctx), nil
}

func (p *partTx) Exec(ctx context.Context, sql string, args ...any) (n int64, err error) {
	err = p.ask(ctx, sql, func(ctx context.Context) error {
		n, err = p.exec(ctx, sql, args)
		return err
	})
	return n, err
}

func (p *partTx) Query(ctx context.Context, sql string, args ...any) (Rows, error) {
	release, err := p.begin(ctx, sql)
	if err != nil {
		return nil, err
	}
	rows, err := p.engineTx.Query(p.quiet, sql, args...) //nolint:contextcheck // as in ask
	if err = p.note(p.leash.ended(err)); err != nil {
		release()
		return nil, err
	}
	return &partRows{Rows: rows, part: p, release: release}, nil
}

func (p *partTx) QueryRow(ctx context.Context, sql string, args ...any) Row {
	release, err := p.begin(ctx, sql)
	if err != nil {
		return failedRow{err}
	}
	row := p.engineTx.QueryRow(p.quiet, sql, args...) //nolint:contextcheck // as in ask
	_ = p.leash.ended(nil)
	return partRow{row, p, release}
}

func (p *partTx) QueryMany(ctx context.Context, sql string, args [][]any, scan func(int, Row) error) error {
	if len(args) == 0 {
		return nil
	}
	var own error // of the caller: whether it matters is his to say
	failed := p.failed
	err := p.ask(ctx, sql, func(ctx context.Context) error {
		return p.queryMany(ctx, sql, args, func(i int, row Row) error {
			own = scan(i, row)
			return own
		})
	})
	if own != nil {
		p.failed = failed
	}
	return err
}

func (p *partTx) AfterCommit(hook func()) { p.hooks = append(p.hooks, hook) }

// note remembers that a statement failed: work that swallowed the error must
// not be committed half. PostgreSQL takes nothing more in such a transaction.
func (p *partTx) note(err error) error {
	if err != nil && p.failed == nil {
		p.failed = err
	}
	return err
}

// partRow and partRows go on asking the engine while they are read.
type partRow struct {
	row     Row
	part    *partTx
	release func() bool
}

func (r partRow) Scan(dest ...any) error {
	defer r.release()
	if err := r.part.leash.begin(); err != nil {
		_ = r.row.Scan() // closes it
		return r.part.note(err)
	}
	err := r.part.leash.ended(r.row.Scan(dest...))
	if errors.Is(err, ErrNoRows) {
		return err
	}
	return r.part.note(err)
}

type partRows struct {
	Rows
	part    *partTx
	release func() bool
	err     error
}

func (r *partRows) Next() bool {
	if r.err = r.part.note(r.part.leash.begin()); r.err != nil {
		return false
	}
	more := r.Rows.Next()
	if !more {
		r.err = r.Rows.Err()
	}
	r.err = r.part.note(r.part.leash.ended(r.err))
	return more
}

func (r *partRows) Scan(dest ...any) error { return r.part.note(r.Rows.Scan(dest...)) }

func (r *partRows) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.part.note(r.Rows.Err())
}

func (r *partRows) Close() {
	r.Rows.Close()
	r.release()
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
