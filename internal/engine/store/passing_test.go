package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// What passes and what does not, as each engine says it. What does not pass is
// the fault of what was to be written.
func TestWhatPasses(t *testing.T) {
	for _, c := range []struct {
		code string
		want error
	}{
		{"23505", ErrRaced},       // unique_violation
		{"40001", ErrRaced},       // serialization_failure
		{"40P01", ErrRaced},       // deadlock_detected
		{"0A000", ErrRaced},       // cached plan must not change result type
		{"57014", ErrUnavailable}, // query_canceled: statement time-out
		{"55P03", ErrUnavailable}, // lock_not_available: lock time-out
		{"25P03", ErrUnavailable}, // idle_in_transaction_session_timeout
		{"57P01", ErrUnavailable}, // admin_shutdown
		{"57P02", ErrUnavailable}, // crash_shutdown
		{"57P03", ErrUnavailable}, // cannot_connect_now
		{"08006", ErrUnavailable}, // connection_failure
		{"53200", ErrUnavailable}, // out_of_memory
		{"53300", ErrUnavailable}, // too_many_connections
		{"58030", ErrUnavailable}, // io_error
		{"XX001", ErrUnavailable}, // data_corrupted
		{"53100", ErrFull},        // disk_full
		{"25006", ErrReadOnly},    // read_only_sql_transaction
		{"22021", nil},            // character_not_in_repertoire
		{"23502", nil},            // not_null_violation
		{"23514", nil},            // check_violation
		{"42703", nil},            // undefined_column
		{"54000", nil},            // program_limit_exceeded
		{"", nil},
	} {
		check(t, "PostgreSQL's "+c.code, &pgconn.PgError{Code: c.code}, c.want)
	}
	for _, c := range []struct {
		name string
		code int
		want error
	}{
		{"BUSY", 5, ErrUnavailable},
		{"BUSY_SNAPSHOT", 517, ErrUnavailable},
		{"LOCKED", 6, ErrUnavailable},
		{"NOMEM", 7, ErrUnavailable},
		{"INTERRUPT", 9, ErrUnavailable},
		{"IOERR_FSYNC", 1034, ErrUnavailable},
		{"CORRUPT", 11, ErrUnavailable},
		{"FULL", 13, ErrFull},
		{"READONLY", 8, ErrReadOnly},
		{"CANTOPEN", 14, ErrReadOnly},
		{"CONSTRAINT_UNIQUE", 2067, nil},
		{"CONSTRAINT_NOTNULL", 1299, nil},
		{"TOOBIG", 18, nil},
		{"MISMATCH", 20, nil},
		{"ERROR", 1, nil},
	} {
		if got := liteReason(c.code); !errors.Is(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("SQLite's %s: %v, want %v", c.name, got, c.want)
		}
	}
	check(t, "a connection that broke", fmt.Errorf("write: %w", io.ErrUnexpectedEOF), ErrUnavailable)
	check(t, "a plain error", errors.New("not a number"), nil)
}

func check(t *testing.T, name string, err, want error) {
	t.Helper()
	err = fmt.Errorf("store a message: %w", err)
	explained := (&DB{trouble: &trouble{end: make(chan struct{})}}).explain(err)
	if Passing(explained) != (want != nil) || !errors.Is(explained, err) || want != nil && !errors.Is(explained, want) {
		t.Errorf("%s: %v, want %v", name, explained, want)
	}
}

// What this package and callers' deadlines say passes as well.
func TestWhatThisPackageSaysPasses(t *testing.T) {
	for _, err := range []error{ErrClosed, ErrFull, context.DeadlineExceeded, fmt.Errorf("%w: a person", ErrRaced)} {
		if !Passing(err) {
			t.Errorf("%v does not pass", err)
		}
	}
	if Passing(nil) || Passing(ErrNoRows) {
		t.Error("what is no trouble passes")
	}
}
