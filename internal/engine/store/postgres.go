package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pgEngine is PostgreSQL through pgx: prepared statements by text, and many
// statements in one round trip (pipelining).
type pgEngine struct {
	pool       *pgxpool.Pool
	url        string
	statistics *statistics
}

// connections is how many connections to the server there may be, unless its
// address says otherwise (pool_max_conns): one for the running transaction, one
// for each commit on its way to the disk, some for transactions beside the
// group, and the rest for readers.
const connections = 8 + groupFlushes + groupLeavers + bitesMost

// restedFor is how long a connection may rest before it is asked whether its
// server is still there: a server is back from a restart within half a second,
// and its old connections lead nowhere.
const restedFor = 50 * time.Millisecond

func openPostgres(ctx context.Context, url string) (*pgEngine, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the address of the PostgreSQL database cannot be read: want postgres://user:password@host:port/name")
	}
	if err := checkWay(config.ConnConfig); err != nil {
		return nil, err
	}
	config.ConnConfig.ConnectTimeout = connectWithin
	config.ConnConfig.DialFunc = dial()
	config.MaxConnIdleTime = 5 * time.Minute
	config.MaxConnLifetime = time.Hour
	config.HealthCheckPeriod = 5 * time.Second
	config.PingTimeout = time.Second
	config.ShouldPing = func(_ context.Context, p pgxpool.ShouldPingParams) bool { return p.IdleDuration > restedFor }
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = max(config.MaxConns, connections)
	}
	config.AfterConnect = planShort
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if err := pool.Ping(ctx); err != nil {
		closePool(pool)
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := sameSession(ctx, pool); err != nil {
		closePool(pool)
		if errors.Is(err, ErrPooled) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return &pgEngine{pool: pool, url: url, statistics: newStatistics(pool)}, nil
}

// planShort tells the planner what our queries are like: they are short, so
// compiling plans (JIT) costs more than they take, and disks without moving
// parts read a page here as fast as one there. Whether a table is read over an
// index is the server's own choice; [statistics] sees to it that it knows how
// large the tables are.
func planShort(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, "SET random_page_cost = 1.1; SET jit = off")
	return err
}

func (e *pgEngine) name() string { return "postgres" }

// pgQuerier is a pool or a transaction.
type pgQuerier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

type pgReader struct{ q pgQuerier }

func (r pgReader) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	values, err := pgArgs(args)
	if err != nil {
		return nil, err
	}
	return r.q.Query(ctx, pgText(text), values...)
}

func (r pgReader) QueryRow(ctx context.Context, text string, args ...any) Row {
	values, err := pgArgs(args)
	if err != nil {
		return failedRow{err}
	}
	return pgRow{r.q.QueryRow(ctx, pgText(text), values...)}
}

type pgRow struct{ row pgx.Row }

func (r pgRow) Scan(dest ...any) error {
	err := r.row.Scan(dest...)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNoRows
	}
	return err
}

func (e *pgEngine) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	return pgReader{e.pool}.Query(ctx, text, args...)
}

func (e *pgEngine) QueryRow(ctx context.Context, text string, args ...any) Row {
	return pgReader{e.pool}.QueryRow(ctx, text, args...)
}

func (e *pgEngine) snapshot(ctx context.Context, fn func(context.Context, Reader) error) error {
	soon, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	tx, err := e.pool.BeginTx(soon, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() {
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectWithin)
		defer cancel()
		_ = tx.Rollback(soon)
	}()
	return fn(ctx, pgReader{tx})
}

// beside leaves connections to the group and to readers where there are few.
func (e *pgEngine) beside() int { return max(1, min(bitesMost, int(e.pool.Config().MaxConns)/4)) }

const begin = "BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL idle_in_transaction_session_timeout = '3s'; SET LOCAL lock_timeout = "

var pgBegin = map[kind]string{shared: begin + "'100ms'", alone: begin + "'5s'"}

// begin opens a transaction whose commit does not wait for the disk: that is
// left to flush, so that the next transaction runs while this one is written. A
// node that stands still in the middle of one must not hold its locks against
// the others for long.
//
// Who shares a transaction waits only a moment for a lock of others: longer than
// another node takes for a transaction like it, shorter than people notice.
func (e *pgEngine) begin(life context.Context, k kind) (engineTx, error) {
	ctx, cancel := context.WithTimeout(life, answerWithin)
	defer cancel()
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: pgBegin[k]})
	if err != nil {
		conn.Release()
		return nil, err
	}
	return &pgTx{pgReader: pgReader{tx}, tx: tx, conn: conn, watch: watched(life, conn), statistics: e.statistics}, nil
}

type pgTx struct {
	pgReader
	tx         pgx.Tx
	conn       *pgxpool.Conn
	watch      *watch
	statistics *statistics
	written    int64 // rows
	wrote      bool
}

// allow lets who is patient think for longer between two statements, too. The
// connection is cut only where the server does not even stop.
func (t *pgTx) allow(l *leash) {
	t.watch.limit = l.limit + 2*cancelWithin
	if l.limit > answerWithin {
		t.watch.again()
		_, _ = t.tx.Exec(context.Background(), "SET LOCAL idle_in_transaction_session_timeout = "+strconv.FormatInt(l.limit.Milliseconds(), 10))
	}
}

// stop asks the server, over another connection, and waits until it has heard:
// what is sent to it from then on is not meant
// (postgresql.org/docs/current/protocol-flow.html, canceling requests).
func (t *pgTx) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), cancelWithin)
	defer cancel()
	_ = t.conn.Conn().PgConn().CancelRequest(ctx)
}

func (t *pgTx) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	t.asks(text)
	return t.pgReader.Query(ctx, text, args...)
}

func (t *pgTx) QueryRow(ctx context.Context, text string, args ...any) Row {
	t.asks(text)
	return t.pgReader.QueryRow(ctx, text, args...)
}

// asks begins a query, which may write as well (UPDATE … RETURNING).
func (t *pgTx) asks(text string) {
	t.watch.again()
	t.wrote = t.wrote || !strings.HasPrefix(text, "SELECT")
}

// note notes what a statement did.
func (t *pgTx) note(text string, rows int64) {
	t.written += rows
	t.wrote = t.wrote || changes(text, rows)
}

func (t *pgTx) exec(ctx context.Context, text string, args []any) (int64, error) {
	values, err := pgArgs(args)
	if err != nil {
		return 0, err
	}
	return t.exec1(ctx, pgText(text), values)
}

// exec1 runs one statement in PostgreSQL's own form.
func (t *pgTx) exec1(ctx context.Context, text string, values []any) (int64, error) {
	t.watch.again()
	tag, err := t.tx.Exec(ctx, text, values...)
	t.note(text, tag.RowsAffected())
	return tag.RowsAffected(), err
}

func (t *pgTx) send(ctx context.Context, text string, rows [][]any) (pgx.BatchResults, error) {
	batch := &pgx.Batch{}
	text = pgText(text)
	for _, args := range rows {
		values, err := pgArgs(args)
		if err != nil {
			return nil, err
		}
		batch.Queue(text, values...)
	}
	t.watch.again()
	return t.tx.SendBatch(ctx, batch), nil
}

// execEach sends the statements in one go and reads their outcomes in order.
func (t *pgTx) execEach(ctx context.Context, text string, rows [][]any) (touched []int64, err error) {
	results, err := t.send(ctx, text, rows)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, results.Close()) }()
	touched = make([]int64, len(rows))
	for i := range rows {
		tag, err := results.Exec()
		if err != nil {
			return nil, err
		}
		touched[i] = tag.RowsAffected()
		t.note(text, touched[i])
	}
	return touched, nil
}

func (t *pgTx) queryMany(ctx context.Context, text string, args [][]any, scan func(int, Row) error) error {
	// The order of the rows of one key would be lost in the query for many.
	if len(args) > 1 && !strings.Contains(text, "ORDER BY") {
		c, ok, err := turn(args)
		if err != nil {
			return err
		}
		if ok {
			return t.together(ctx, text, c, scan)
		}
	}
	return t.oneByOne(ctx, text, args, scan)
}

// oneByOne sends the queries in one go and reads the answers in order.
func (t *pgTx) oneByOne(ctx context.Context, text string, args [][]any, scan func(int, Row) error) (err error) {
	results, err := t.send(ctx, text, args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, results.Close()) }()
	for i := range args {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := scan(i, rows); err != nil {
				rows.Close()
				return err
			}
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return err
		}
	}
	return nil
}

func (t *pgTx) commit(ctx context.Context) error {
	t.watch.again()
	if err := t.tx.Commit(ctx); err != nil {
		t.watch.release()
		return err
	}
	t.statistics.wrote(t.written)
	return nil
}

// flush commits an empty message after the transaction, and waits for the disk:
// the server writes its log in order, so what came before is on the disk as
// well. That holds only for the life of the server in which the transaction was
// committed. So the message goes over the same connection, which does not
// outlive the server (postgresql.org/docs/current/wal-async-commit.html).
func (t *pgTx) flush(ctx context.Context) error {
	defer t.watch.release()
	t.watch.again()
	_, err := t.conn.Exec(ctx, pgFlush[t.wrote])
	return err
}

// pgFlush is what flush asks for, by whether the transaction wrote. One that
// only read waits for what it may have seen, of this node or another: a webhook
// that came before is not acknowledged because it is there, but because it is on
// the disk. Mostly all is, and nothing is written.
var pgFlush = map[bool]string{
	true:  "SELECT pg_logical_emit_message(true, 'einklang', '')",
	false: "SELECT CASE WHEN pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn() THEN pg_logical_emit_message(true, 'einklang', '') END",
}

func (t *pgTx) changed() bool { return t.wrote }

func (t *pgTx) rollback(ctx context.Context) error {
	defer t.watch.release()
	t.watch.again()
	return t.tx.Rollback(ctx)
}

func (e *pgEngine) close() error {
	e.statistics.close()
	closePool(e.pool)
	return nil
}

// pgArgs asks each argument that knows its stored form for it, so that both
// engines store the same.
func pgArgs(args []any) ([]any, error) {
	values := args
	copied := false
	for i, arg := range args {
		v, ok := arg.(driver.Valuer)
		if !ok {
			continue
		}
		if !copied {
			values, copied = append([]any(nil), args...), true
		}
		stored, err := v.Value()
		if err != nil {
			return nil, err
		}
		values[i] = stored
	}
	return values, nil
}

var pgTexts sync.Map

// pgText numbers the parameters: "?" becomes "$1", "$2" and so on. The texts
// are constants of the program, so the cache is bounded. A question mark in
// quotes is left alone.
func pgText(text string) string {
	if known, ok := pgTexts.Load(text); ok {
		return known.(string)
	}
	done := numbered(text, func(n int) string { return "$" + strconv.Itoa(n) })
	pgTexts.Store(text, done)
	return done
}

// numbered replaces each "?" that is not in quotes.
func numbered(text string, name func(n int) string) string {
	var b strings.Builder
	n, quoted := 0, false
	for _, r := range text {
		switch {
		case r == '\'':
			quoted = !quoted
			b.WriteRune(r)
		case r == '?' && !quoted:
			n++
			b.WriteString(name(n))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
