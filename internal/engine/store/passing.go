package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The reasons why a database cannot do something right now. They are for
// errors.Is; the caller answers 503 and tells the operator.
var (
	ErrUnavailable = errors.New("the database cannot be reached: check that it runs and that the connection settings are right")
	ErrFull        = errors.New("the disk is full: free some space, nothing that was accepted is lost")
	ErrReadOnly    = errors.New("the database cannot be written: check the permissions of the data folder")
	// ErrRaced: another node wrote the same at the same moment. [DB.Write] runs
	// such work again; who gets this error was too slow several times.
	ErrRaced = errors.New("somebody else wrote the same at the same moment: try again")
)

// Passing reports whether an error of a [DB] lies with the moment and not with
// the work: the same work may succeed later.
func Passing(err error) bool {
	for _, known := range []error{ErrUnavailable, ErrFull, ErrReadOnly, ErrRaced, ErrClosed, context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// reason says why an engine could not do something right now, as one of the
// errors above; nil if the work itself is at fault, or if it is no error of an
// engine.
func reason(err error) error {
	var server *pgconn.PgError
	var file *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &server):
		return pgReason(server.Code)
	case errors.As(err, &file):
		return liteReason(file.Code())
	case lost(err):
		return ErrUnavailable
	default:
		return nil
	}
}

// lockNotAvailable is PostgreSQL's code for a lock that did not come in time.
const lockNotAvailable = "55P03"

// pgReason reads PostgreSQL's code of an error
// (postgresql.org/docs/current/errcodes-appendix.html).
func pgReason(code string) error {
	switch code {
	case "53100": // disk_full
		return ErrFull
	case "XX001", "XX002": // data_corrupted, index_corrupted
		return ErrDamaged
	case "25006": // read_only_sql_transaction
		return ErrReadOnly
	case "23505", "23P01", // unique_violation, exclusion_violation: a twin was faster
		"40001", "40P01", "40003", // serialization_failure, deadlock_detected, statement_completion_unknown
		"0A000": // feature_not_supported: a plan from before another node migrated
		return ErrRaced
	case "25P02", "25P03", "25P04", // the transaction had ended before, or was idle or running for too long
		lockNotAvailable, "55006": // object_in_use
		return ErrUnavailable
	}
	if len(code) < 2 {
		return nil
	}
	switch code[:2] {
	case "08", // connection exception
		"40", // transaction rollback
		"53", // insufficient resources: memory, connections
		"57", // operator intervention: statement time-out, cancelled, shutting down, starting up
		"58", // system error: input and output
		"F0", // configuration file error
		"XX": // internal error: damage, or a fault of the server's own
		return ErrUnavailable
	}
	return nil
}

// liteReason reads SQLite's code of an error (sqlite.org/rescode.html). There is
// one writer: nobody can be faster, so a row that is there twice is a fault of
// the work.
func liteReason(code int) error {
	switch code & 0xff {
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH:
		return ErrReadOnly
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
		sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_ABORT, sqlite3.SQLITE_SCHEMA:
		return ErrUnavailable
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return ErrDamaged
	}
	return nil
}

// lost reports whether the way to the database broke.
func lost(err error) bool {
	for _, known := range []error{io.ErrUnexpectedEOF, sql.ErrConnDone, driver.ErrBadConn, net.ErrClosed, pgx.ErrTxClosed, pgx.ErrTxCommitRollback} {
		if errors.Is(err, known) {
			return true
		}
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect) || pgconn.Timeout(err) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool") || strings.Contains(err.Error(), "unexpected EOF")
}
