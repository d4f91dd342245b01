package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A CHECK changes nothing of what is on the disk, so it is written into the
// text of the schema, as SQLite describes it (lang_altertable.html, "making
// other kinds of table schema changes"). Triggers would do the same, but every
// statement on their tables would keep a journal of its own.
func (e *liteEngine) check(ctx context.Context, log *slog.Logger, checks []Check) error {
	db, err := sql.Open("sqlite", liteURL(e.path, "synchronous(full)"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := liteRemoveTriggers(ctx, tx); err != nil {
		return err
	}
	changed, err := liteSchema(ctx, tx, checks)
	if err != nil {
		return err
	}
	if err := liteRewrite(ctx, tx, changed); err != nil {
		return err
	}
	for _, c := range checks {
		if changed[c.Table] == "" {
			continue
		}
		var old bool
		if err := tx.QueryRowContext(ctx, fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %s WHERE %s NOT IN %s)", c.Table, c.Column, c.list())).Scan(&old); err != nil {
			return fmt.Errorf("%s.%s: %w", c.Table, c.Column, err)
		}
		if old {
			warnOld(log, c)
		}
	}
	return tx.Commit()
}

// liteChecked is a check in the text of a table, with the comma before it, as
// it is written now and as it once was.
var liteChecked = regexp.MustCompile(`, CONSTRAINT ` + checkMark + `\w+ CHECK \(\w+ (?:IN \((?:'(?:[^']|'')*'(?:, )?)*\)|= '(?:[^']|'')*'(?: OR \w+ = '(?:[^']|'')*')*)\)`)

// liteEither is a check as SQLite computes it with the least work: for a list
// after IN it builds an index anew with each statement.
func liteEither(c Check) string {
	var either []string
	for _, v := range c.Allowed() {
		either = append(either, c.Column+" = "+quoted(v))
	}
	return strings.Join(either, " OR ")
}

// liteSchema are the texts of the tables whose checks are others now.
func liteSchema(ctx context.Context, tx *sql.Tx, checks []Check) (map[string]string, error) {
	wanted := map[string]string{}
	for _, c := range checks {
		wanted[c.Table] += fmt.Sprintf(", CONSTRAINT %s CHECK (%s)", c.name(), liteEither(c))
	}
	rows, err := tx.QueryContext(ctx, "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	changed := map[string]string{}
	for rows.Next() {
		var table, before string
		if err := rows.Scan(&table, &before); err != nil {
			return nil, err
		}
		after := liteChecked.ReplaceAllString(before, "")
		if end := strings.LastIndexByte(after, ')'); end >= 0 {
			after = after[:end] + wanted[table] + after[end:]
		}
		if after != before {
			changed[table] = after
		}
	}
	return changed, rows.Err()
}

// liteRewrite writes the texts into the schema, and reads them back: a text
// that SQLite does not understand undoes the transaction.
func liteRewrite(ctx context.Context, tx *sql.Tx, changed map[string]string) error {
	if len(changed) == 0 {
		return nil
	}
	var version int64
	if err := tx.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&version); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "PRAGMA writable_schema = ON"); err != nil {
		return err
	}
	for table, text := range changed {
		if _, err := tx.ExecContext(ctx, "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", text, table); err != nil {
			return err
		}
	}
	for _, pragma := range []string{fmt.Sprintf("PRAGMA schema_version = %d", version+1), "PRAGMA writable_schema = OFF"} {
		if _, err := tx.ExecContext(ctx, pragma); err != nil {
			return err
		}
	}
	for _, table := range slices.Sorted(maps.Keys(changed)) {
		if _, err := tx.ExecContext(ctx, "SELECT 1 FROM "+table+" LIMIT 0"); err != nil { //nolint:gosec // a name of the schema
			return fmt.Errorf("the checks of %s cannot be written: %w", table, err)
		}
	}
	return nil
}

// liteRemoveTriggers removes the triggers by which checks were made before.
func liteRemoveTriggers(ctx context.Context, tx *sql.Tx) error {
	names, err := liteTriggers(ctx, tx)
	for _, name := range names {
		if _, err := tx.ExecContext(ctx, "DROP TRIGGER "+name); err != nil {
			return err
		}
	}
	return err
}

func liteTriggers(ctx context.Context, tx *sql.Tx) (names []string, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name GLOB ?", checkMark+"*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
