// Package store is the one door to the database: SQLite in a file, or
// PostgreSQL.
//
// All SQL in Einklang is written once, for both engines, with "?" for
// parameters. Three habits make that possible and fast:
//
//   - Columns have portable types only: BYTEA, BIGINT, TEXT, BOOLEAN. Times are
//     microseconds since 1970 (see Micros). The organisation id leads every
//     key.
//   - Every write goes through [DB.Write], long work in bites through
//     [DB.WriteBite]. Concurrent callers share one
//     transaction and one fsync (group commit), so a write that has returned is
//     on the disk, and a thousand small writes cost little more than one.
//   - Many rows go through [Tx.InsertMany], [Tx.UpdateMany] and [Tx.QueryMany]:
//     one round trip on PostgreSQL, a loop over one prepared statement on SQLite.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrNoRows is returned by Row.Scan when the query found nothing.
var ErrNoRows = errors.New("no such row")

// ErrClosed is returned once the database has been closed.
var ErrClosed = errors.New("the database is closed")

// Row is the result of a query for one row.
type Row interface {
	// Scan copies the columns; ErrNoRows if there is none.
	Scan(dest ...any) error
}

// Rows is the result of a query. Close it.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Close()
	Err() error
}

// Reader reads, inside a transaction or outside.
type Reader interface {
	Query(ctx context.Context, sql string, args ...any) (Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) Row
}

// Tx is the writing side, handed to the function given to [DB.Write].
type Tx interface {
	Reader
	// Exec runs one statement and says how many rows it touched.
	Exec(ctx context.Context, sql string, args ...any) (int64, error)
	// InsertMany puts in all rows, in no certain order.
	InsertMany(ctx context.Context, i Insert, rows [][]any) error
	// InsertNew puts in the rows whose keys are not there yet, and says which
	// those were.
	InsertNew(ctx context.Context, i Insert, rows [][]any) (isNew []bool, err error)
	// UpdateMany runs an update for each row, in no certain order.
	UpdateMany(ctx context.Context, u Update, rows [][]any) error
	// UpdateCounted does so too and says how many rows of the table each run
	// touched.
	UpdateCounted(ctx context.Context, u Update, rows [][]any) (touched []int64, err error)
	// DeleteMany runs a deletion for each row, in no certain order.
	DeleteMany(ctx context.Context, d Delete, rows [][]any) error
	// QueryMany runs one query for each entry of args. Scan is called, in
	// order, for each row found, with the index of its entry.
	QueryMany(ctx context.Context, sql string, args [][]any, scan func(i int, row Row) error) error
	// AfterCommit registers what shall happen once the write is on the disk.
	AfterCommit(func())
}

// engine is what SQLite and PostgreSQL each provide.
type engine interface {
	Reader
	// begin opens a writing transaction, which is broken off when life ends.
	begin(life context.Context, k kind) (engineTx, error)
	// beside is how many bites may have one at the same time as the group; 0: it
	// is the only one.
	beside() int
	// snapshot runs reads that all see the same moment.
	snapshot(ctx context.Context, fn func(context.Context, Reader) error) error
	migrate(ctx context.Context) error
	check(ctx context.Context, log *slog.Logger, checks []Check) error
	// clock is the query for the engine's time: microseconds since 1970.
	clock() string
	// settled is the query for the number below which no transaction is under way
	// any more; empty: none can be.
	settled() string
	// scrub cleans the files; turn gives a moment between two transactions.
	scrub(ctx context.Context, turn func(context.Context) error) error
	name() string
	close() error
}

// kind says whose a transaction is.
type kind int

const (
	shared kind = iota // of many callers: nobody in it waits for a lock of others
	alone              // of one
)

type engineTx interface {
	Reader
	// allow says on which leash the statements are from now on.
	allow(*leash)
	// stop ends the statement under way, from another goroutine. It fails then.
	stop()
	exec(ctx context.Context, sql string, args []any) (int64, error)
	manyTx
	queryMany(ctx context.Context, sql string, args [][]any, scan func(int, Row) error) error
	// commit ends the transaction: others see it from now on, and find it on
	// the disk only after flush.
	commit(ctx context.Context) error
	// flush returns once what was committed is on the disk, and what the
	// transaction has seen of others. It is called once after each commit that
	// succeeded, while other transactions run.
	flush(ctx context.Context) error
	// changed reports whether it wrote anything.
	changed() bool
	rollback(ctx context.Context) error
}

// DB is an open database.
type DB struct {
	engine  engine
	group   *group
	trouble *trouble

	life    context.Context //nolint:containedctx // ends with the database, not with a call
	abandon context.CancelFunc
	closing sync.Once
}

// Open opens the database that a URL names: "sqlite:PATH" (or a bare path) for
// a file, "postgres://…" for a server. It does not migrate.
func Open(ctx context.Context, url string, options ...Option) (*DB, error) {
	var e engine
	var err error
	switch {
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		e, err = openPostgres(ctx, url)
	default:
		e, err = openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"))
	}
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db := &DB{engine: e, trouble: &trouble{end: make(chan struct{})}}
	db.life, db.abandon = context.WithCancel(context.Background())
	db.group = newGroup(db.life, e, db.trouble, options) //nolint:contextcheck // lives until Close
	return db, nil
}

// Engine is "sqlite" or "postgres".
func (db *DB) Engine() string { return db.engine.name() }

// Migrate brings the schema up to date. Several nodes may call it at once.
func (db *DB) Migrate(ctx context.Context) error {
	if err := db.engine.migrate(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", db.explain(err))
	}
	return nil
}

// Query reads outside a transaction.
func (db *DB) Query(ctx context.Context, sql string, args ...any) (Rows, error) {
	if p := db.partOf(ctx); p != nil {
		return p.query(ctx, sql, args)
	}
	return reading{db.engine, db}.Query(ctx, sql, args...)
}

// QueryRow reads one row outside a transaction.
func (db *DB) QueryRow(ctx context.Context, sql string, args ...any) Row {
	if p := db.partOf(ctx); p != nil {
		rows, err := p.query(ctx, sql, args)
		return firstRow{rows, err}
	}
	return reading{db.engine, db}.QueryRow(ctx, sql, args...)
}

// Snapshot runs reads that all see the same moment.
func (db *DB) Snapshot(ctx context.Context, fn func(context.Context, Reader) error) error {
	return db.explain(db.engine.snapshot(ctx, func(ctx context.Context, r Reader) error { return fn(ctx, reading{r, db}) }))
}

// Write runs fn in a transaction and returns once it is on the disk.
//
// The transaction is shared with other callers, but an error of one undoes
// only its own work. fn may run again when another node was faster (a deadlock
// on PostgreSQL, a row that is there already, [ErrRaced]) or holds a row that it
// needs, so it must not change anything outside the transaction
// except through AfterCommit, or must do so in a way that bears repeating.
//
// ctx may end the write as long as it is not being committed: while it waits for
// its turn, and then fn does not run, and in the middle of each statement. So
// does the time that [Patient] speaks of, for each statement. Those of others in
// the same transaction are not harmed. A statement of fn that failed, reading as
// well, lets the write fail even where fn returns nil. A write inside fn is refused ([NestedError]); reading
// there goes through the transaction, because DB.Query sees nothing of what it
// has written, and takes a second connection. A panic in fn is an error
// ([PanicError]).
//
// Others wait for fn, so it is short: long work takes [DB.WriteBite].
func (db *DB) Write(ctx context.Context, fn func(context.Context, Tx) error) error {
	var stack [stackDepth]uintptr
	w, err := db.group.newWork(ctx, callers(&stack), fn)
	if err != nil {
		return err
	}
	return db.explain(db.group.run(ctx, w))
}

// Writer writes: the database itself, or what adds its own to a write of the
// same transaction.
type Writer interface {
	Write(ctx context.Context, fn func(context.Context, Tx) error) error
}

// Also returns a Writer whose write does something more at its end, in the same
// transaction.
func Also(w Writer, more func(context.Context, Tx) error) Writer { return also{w, more} }

type also struct {
	Writer

	more func(context.Context, Tx) error
}

func (a also) Write(ctx context.Context, fn func(context.Context, Tx) error) error {
	return a.Writer.Write(ctx, func(ctx context.Context, tx Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return a.more(ctx, tx)
	})
}

// Course goes along with work of many transactions: it is told of the first and
// of the last, and adds its own to both.
type Course interface {
	// Begin is called in the first transaction, and may be called in others
	// where nobody knows which is the first.
	Begin(ctx context.Context, tx Tx) error
	// End is called in the last one. What never began has nothing to end.
	End(ctx context.Context, tx Tx, done int) error
}

// Alone is the Course of work that nobody goes along with.
type Alone struct{}

// Begin adds nothing.
func (Alone) Begin(context.Context, Tx) error { return nil }

// End adds nothing.
func (Alone) End(context.Context, Tx, int) error { return nil }

// WriteFor is Write for what writes on behalf of its caller, as many calls up
// as depth says: that place is named when the write holds others up.
func (db *DB) WriteFor(ctx context.Context, depth int, fn func(context.Context, Tx) error) error {
	var stack [stackDepth]uintptr
	up := callers(&stack)
	w, err := db.group.newWork(ctx, up[min(depth, len(up)-1):], fn)
	if err != nil {
		return err
	}
	return db.explain(db.group.run(ctx, w))
}

// WriteBite is Write for one bite of long work: an import, a deletion of many
// rows, an index made anew. On PostgreSQL it runs in a transaction of its own
// beside that of all others, who do not wait for it; on SQLite, which has one
// writer, it takes its turn among them. It costs a trip to the disk each time.
// What was true when it read may have been changed by others before it writes,
// as by another node; so it says in the statement what it relies on.
func (db *DB) WriteBite(ctx context.Context, fn func(context.Context, Tx) error) error {
	var stack [stackDepth]uintptr
	w, err := db.group.newWork(ctx, callers(&stack), fn)
	if err != nil {
		return err
	}
	if db.engine.beside() == 0 {
		return db.explain(db.group.run(ctx, w))
	}
	return db.explain(db.group.runApart(ctx, w))
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	var one int64
	return db.explain(db.QueryRow(ctx, "SELECT 1").Scan(&one))
}

// Abandon ends everything that waits for the database, at once and for good.
// What was not committed by then is as if the process had been killed.
func (db *DB) Abandon() { db.abandon() }

// Close waits for running writes, though not for a database that does not
// answer, and closes the database.
func (db *DB) Close() error {
	var err error
	db.closing.Do(func() {
		defer db.abandon()
		defer time.AfterFunc(closeWithin, db.abandon).Stop()
		db.group.stop()
		err = db.engine.close()
	})
	return err
}

func (db *DB) explain(err error) error {
	if err == nil {
		return nil
	}
	if known := reason(err); known != nil && !errors.Is(err, known) {
		err = fmt.Errorf("%w: %w", known, err)
	}
	db.trouble.note(err)
	return err
}

// Micros is the stored form of a time: microseconds since 1970. The zero time
// is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time reads the stored form of a time, in UTC. 0 is the zero time.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// Collect reads all rows of a query with one scan function.
func Collect[T any](ctx context.Context, r Reader, scan func(Row) (T, error), sql string, args ...any) ([]T, error) {
	var all []T
	err := eachRow(ctx, r, func(row Row) error {
		one, err := scan(row)
		all = append(all, one)
		return err
	}, sql, args)
	return all, err
}

// eachRow is what all kinds of Collect have in common: it lies in the binary
// once.
func eachRow(ctx context.Context, r Reader, take func(Row) error, sql string, args []any) error {
	rows, err := r.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// inMost bounds the values that one query takes.
const inMost = 1024

// One reads a row of one column.
func One[T any](row Row) (one T, err error) { return one, row.Scan(&one) }

// In is a condition that holds for some values, at least one, and the parameters for
// its places. Their number is rounded up to a power of two, so that there are few
// different statements to prepare; the last value fills the gaps.
func In[V any](values []V) (condition string, params []any) {
	count := 1 << bits.Len(uint(len(values)-1)) //nolint:gosec // at least one
	for i := range count {
		params = append(params, values[min(i, len(values)-1)])
	}
	return "IN (?" + strings.Repeat(", ?", count-1) + ")", params
}

// CollectIn reads the rows that belong to many values in few trips. The last
// condition of the query is "IN (?)", which stands for the values; args fill
// the parameters before it. The order of the rows is that of the query within
// each trip.
func CollectIn[T, V any](ctx context.Context, r Reader, scan func(Row) (T, error), sql string, values []V, args ...any) ([]T, error) {
	var all []T
	for len(values) > 0 {
		some := values[:min(inMost, len(values))]
		values = values[len(some):]
		in, params := In(some)
		found, err := Collect(ctx, r, scan, strings.Replace(sql, "IN (?)", in, 1), slices.Concat(args, params)...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}
