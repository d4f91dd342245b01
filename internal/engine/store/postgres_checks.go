package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// checkLock parts the nodes that want to change the checks; the number is
// arbitrary, and nobody else in the house has it.
const checkLock = 7_203_118_645

func (e *pgEngine) check(ctx context.Context, log *slog.Logger, checks []Check) error {
	db, err := sql.Open("pgx", e.url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	// The lock goes with the connection. Whoever waits for a table keeps
	// everybody behind him waiting too: rather leave it to the next start.
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("SELECT pg_advisory_lock(%d); SET lock_timeout = '5s'", checkLock)); err != nil {
		return err
	}
	there, err := pgConstraints(ctx, conn)
	if err != nil {
		return err
	}
	for _, t := range pgChanges(there, checks) {
		if _, err := conn.ExecContext(ctx, t); busy(err) {
			log.Warn("a table is in use, so its values are checked from the next start on")
		} else if err != nil {
			return err
		}
	}
	return pgValidate(ctx, conn, log, checks)
}

// constraint is a check that PostgreSQL has.
type constraint struct {
	table  string
	proven bool // also for the rows that were there before
}

func pgConstraints(ctx context.Context, conn *sql.Conn) (map[string]constraint, error) {
	rows, err := conn.QueryContext(ctx, `SELECT c.conname, t.relname, c.convalidated FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
		WHERE c.contype = 'c' AND c.connamespace = current_schema()::regnamespace AND starts_with(c.conname::text, $1)`, checkMark)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	there := map[string]constraint{}
	for rows.Next() {
		var name string
		var one constraint
		if err := rows.Scan(&name, &one.table, &one.proven); err != nil {
			return nil, err
		}
		there[name] = one
	}
	return there, rows.Err()
}

// pgChanges are the statements, one for each table, that turn the checks which
// are there into those which should be.
func pgChanges(there map[string]constraint, checks []Check) []string {
	parts := map[string][]string{}
	wanted := map[string]bool{}
	for _, c := range checks {
		wanted[c.name()] = true
		if _, known := there[c.name()]; !known {
			parts[c.Table] = append(parts[c.Table], fmt.Sprintf("ADD CONSTRAINT %s CHECK (%s IN %s) NOT VALID", c.name(), c.Column, c.list()))
		}
	}
	for name, one := range there {
		if !wanted[name] {
			parts[one.table] = append(parts[one.table], "DROP CONSTRAINT "+name)
		}
	}
	var all []string
	for table, changes := range parts {
		slices.Sort(changes)
		all = append(all, "ALTER TABLE "+table+" "+strings.Join(changes, ", "))
	}
	slices.Sort(all)
	return all
}

// pgValidate looks at the rows that were there before a check, once.
func pgValidate(ctx context.Context, conn *sql.Conn, log *slog.Logger, checks []Check) error {
	there, err := pgConstraints(ctx, conn)
	if err != nil {
		return err
	}
	for _, c := range checks {
		if one, known := there[c.name()]; !known || one.proven {
			continue
		}
		_, err := conn.ExecContext(ctx, "ALTER TABLE "+c.Table+" VALIDATE CONSTRAINT "+c.name())
		var answer *pgconn.PgError
		switch {
		case errors.As(err, &answer) && answer.Code == "23514": // check_violation
			warnOld(log, c)
		case busy(err):
		case err != nil:
			return err
		}
	}
	return nil
}

// busy reports that a table is used by somebody for longer than we wait:
// lock_not_available, deadlock_detected.
func busy(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && (answer.Code == "55P03" || answer.Code == "40P01")
}
