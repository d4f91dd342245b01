package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// liteEngine is SQLite in one file: one writing connection, several reading
// ones, and a write-ahead log that is on the disk before a caller learns of his
// commit, so that it survives a power cut; see [liteLog].
type liteEngine struct {
	path   string
	writer *sql.DB
	reader *sql.DB
	conn   *sql.Conn // the only connection of writer
	log    *liteLog

	interrupt func() // the statement of conn under way

	checkpoints *checkpoints

	writes statements
	reads  statements

	grown   growth // only the group commit touches it
	readers int
}

func openSQLite(ctx context.Context, path string) (*liteEngine, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	writer, err := sql.Open("sqlite", liteURL(path, "secure_delete(on)", "synchronous(normal)", "journal_mode(wal)", "wal_autocheckpoint(0)", "journal_size_limit(67108864)", "cache_size(-16000)"))
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	conn, err := writer.Conn(ctx)
	if err != nil {
		return nil, errors.Join(explainLite(err), writer.Close())
	}
	interrupt, err := interrupting(conn)
	if err != nil {
		return nil, errors.Join(err, conn.Close(), writer.Close())
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect the database file: %w", err), conn.Close(), writer.Close())
	}
	reader, err := sql.Open("sqlite", liteURL(path, "query_only(on)", "cache_size(-4000)"))
	if err != nil {
		return nil, errors.Join(err, conn.Close(), writer.Close())
	}
	readers := max(4, runtime.NumCPU())
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	e := &liteEngine{path: path, writer: writer, reader: reader, conn: conn, log: newLiteLog(path), readers: readers, interrupt: interrupt}
	if e.checkpoints, err = newCheckpoints(path); err != nil { //nolint:contextcheck // lives until close
		return nil, errors.Join(err, reader.Close(), conn.Close(), writer.Close())
	}
	e.writes.prepare = conn.PrepareContext
	e.reads.prepare = reader.PrepareContext
	return e, nil
}

func liteURL(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range append([]string{"busy_timeout(10000)", "foreign_keys(on)", "temp_store(memory)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// statements keeps prepared statements by their text. The texts are constants
// of the program, so the cache is bounded.
type statements struct {
	prepare func(context.Context, string) (*sql.Stmt, error)
	known   sync.Map
}

func (s *statements) get(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt, ok := s.known.Load(text); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := s.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	if before, raced := s.known.LoadOrStore(text, stmt); raced {
		_ = stmt.Close()
		return before.(*sql.Stmt), nil
	}
	return stmt, nil
}

func (s *statements) close() {
	s.known.Range(func(_, stmt any) bool {
		_ = stmt.(*sql.Stmt).Close()
		return true
	})
}

func (e *liteEngine) name() string { return "sqlite" }

func (e *liteEngine) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	return liteQuery(ctx, &e.reads, text, args)
}

func (e *liteEngine) QueryRow(ctx context.Context, text string, args ...any) Row {
	return liteQueryRow(ctx, &e.reads, text, args)
}

func liteQuery(ctx context.Context, s *statements, text string, args []any) (Rows, error) {
	stmt, err := s.get(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("%w in %q", err, text)
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	return liteRows{rows}, nil
}

func liteQueryRow(ctx context.Context, s *statements, text string, args []any) Row {
	stmt, err := s.get(ctx, text)
	if err != nil {
		return failedRow{fmt.Errorf("%w in %q", err, text)}
	}
	return liteRow{stmt.QueryRowContext(ctx, args...)}
}

type liteRows struct{ *sql.Rows }

func (r liteRows) Close() { _ = r.Rows.Close() }

type liteRow struct{ row *sql.Row }

func (r liteRow) Scan(dest ...any) error {
	err := r.row.Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoRows
	}
	return err
}

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

func (e *liteEngine) snapshot(ctx context.Context, fn func(context.Context, Reader) error) error {
	soon, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	conn, err := e.reader.Conn(soon) // others may have them all
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	return fn(ctx, liteSnapshot{tx})
}

type liteSnapshot struct{ tx *sql.Tx }

func (s liteSnapshot) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	rows, err := s.tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return liteRows{rows}, nil
}

func (s liteSnapshot) QueryRow(ctx context.Context, text string, args ...any) Row {
	return liteRow{s.tx.QueryRowContext(ctx, text, args...)}
}

func (e *liteEngine) beside() int { return 0 }

// begin asks nobody outside this process, so the transaction does not end with
// the database: only its statements may be stopped.
func (e *liteEngine) begin(life context.Context, _ kind) (engineTx, error) {
	if life.Err() != nil {
		return nil, ErrClosed
	}
	if err := e.log.usable(); err != nil {
		return nil, err
	}
	ctx := context.WithoutCancel(life)
	tx := &liteTx{e: e}
	if err := tx.control(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	return tx, nil
}

type liteTx struct {
	e       *liteEngine
	wrote   bool
	written int64 // rows
	number  int64 // of the commit
	leash   *leash
}

func (t *liteTx) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	t.noteText(text)
	return liteQuery(ctx, &t.e.writes, text, args)
}

func (t *liteTx) QueryRow(ctx context.Context, text string, args ...any) Row {
	t.noteText(text)
	return liteQueryRow(ctx, &t.e.writes, text, args)
}

// noteText notes a query that writes (UPDATE … RETURNING).
func (t *liteTx) noteText(text string) { t.wrote = t.wrote || !strings.HasPrefix(text, "SELECT") }

func (t *liteTx) exec(ctx context.Context, text string, args []any) (int64, error) {
	stmt, err := t.e.writes.get(ctx, text)
	if err != nil {
		return 0, fmt.Errorf("%w in %q", err, text)
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	t.wrote = t.wrote || changes(text, n)
	t.written += n
	return n, err
}

func (t *liteTx) allow(l *leash) { t.leash = l }
func (t *liteTx) stop()          { t.e.interrupt() }

// control runs a statement that begins or ends a transaction.
func (t *liteTx) control(ctx context.Context, text string) error {
	stmt, err := t.e.writes.get(ctx, text)
	if err == nil {
		_, err = stmt.ExecContext(ctx)
	}
	return err
}

// execEach runs one prepared statement for each row.
func (t *liteTx) execEach(ctx context.Context, text string, rows [][]any) ([]int64, error) {
	touched := make([]int64, len(rows))
	for i, args := range rows {
		if err := t.leash.again(); err != nil {
			return nil, err
		}
		n, err := t.exec(ctx, text, args)
		if err != nil {
			return nil, err
		}
		touched[i] = n
	}
	return touched, nil
}

func (t *liteTx) insertMany(ctx context.Context, i Insert, rows [][]any) error {
	_, err := t.execEach(ctx, i.One(), rows)
	return err
}

func (t *liteTx) insertNew(ctx context.Context, i Insert, rows [][]any) ([]bool, error) {
	touched, err := t.execEach(ctx, i.One(), rows)
	return oneByEach(touched), err
}

func (t *liteTx) updateMany(ctx context.Context, u Update, rows [][]any) error {
	_, err := t.execEach(ctx, u.One(), rows)
	return err
}

func (t *liteTx) updateCounted(ctx context.Context, u Update, rows [][]any) ([]int64, error) {
	return t.execEach(ctx, u.One(), rows)
}

func (t *liteTx) deleteMany(ctx context.Context, d Delete, rows [][]any) error {
	_, err := t.execEach(ctx, d.One(), rows)
	return err
}

func (t *liteTx) queryMany(ctx context.Context, text string, args [][]any, scan func(int, Row) error) error {
	for i, a := range args {
		if err := t.leash.again(); err != nil {
			return err
		}
		if err := t.queryOne(ctx, text, a, i, scan); err != nil {
			return err
		}
	}
	return nil
}

func (t *liteTx) queryOne(ctx context.Context, text string, args []any, i int, scan func(int, Row) error) error {
	rows, err := liteQuery(ctx, &t.e.writes, text, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(i, rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t *liteTx) commit(ctx context.Context) error {
	if err := t.control(ctx, "COMMIT"); err != nil {
		_ = t.rollback(ctx)
		return err
	}
	if t.number = t.e.log.last(); t.wrote {
		t.number = t.e.log.next()
	}
	t.e.checkpoints.turn(ctx, t.e.conn, t.wrote)
	if t.e.grown.by(t.written) {
		t.e.count(ctx)
	}
	return nil
}

// count looks at a sample of each index, so that SQLite knows which ones tell
// rows apart (sqlite.org/lang_analyze.html): without it any index that begins
// with the organisation seems as good as another. Readers learn of it when they
// connect anew. Without it queries are slower, not wrong.
func (e *liteEngine) count(ctx context.Context) {
	_, _ = e.conn.ExecContext(ctx, "PRAGMA analysis_limit = 400; ANALYZE")
	e.reader.SetMaxIdleConns(0)
	e.reader.SetMaxIdleConns(e.readers)
}

func (t *liteTx) changed() bool { return t.wrote }

// flush also waits where nothing was written: what the transaction has read, a
// webhook that came before, may not be on the disk yet.
func (t *liteTx) flush(context.Context) error { return t.e.log.flush(t.number) }

func (t *liteTx) rollback(ctx context.Context) error { return t.control(ctx, "ROLLBACK") }

func explainLite(err error) error {
	if known := reason(err); known != nil {
		return fmt.Errorf("%w: %w", known, err)
	}
	return err
}

func (e *liteEngine) close() error {
	e.checkpoints.close()
	e.reads.close()
	e.writes.close()
	return errors.Join(e.reader.Close(), e.conn.Close(), e.writer.Close(), e.log.close())
}
