package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
)

// SQLite takes no new CHECK without building the table anew, so triggers do
// the same.
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
	there, err := liteTriggers(ctx, tx)
	if err != nil {
		return err
	}
	for _, c := range checks {
		added, updated := c.name()+"_insert", c.name()+"_update"
		known := there[added] && there[updated]
		delete(there, added)
		delete(there, updated)
		if known {
			continue
		}
		if err := liteCheck(ctx, tx, log, c, added, updated); err != nil {
			return fmt.Errorf("%s.%s: %w", c.Table, c.Column, err)
		}
	}
	if err := liteDrop(ctx, tx, there); err != nil {
		return err
	}
	return tx.Commit()
}

// liteTriggers are the names of the checks that are there.
func liteTriggers(ctx context.Context, tx *sql.Tx) (map[string]bool, error) {
	rows, err := tx.QueryContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB ?", checkMark+"*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	there := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		there[name] = true
	}
	return there, rows.Err()
}

func liteCheck(ctx context.Context, tx *sql.Tx, log *slog.Logger, c Check, added, updated string) error {
	does := fmt.Sprintf(" ON %s WHEN NEW.%s NOT IN %s BEGIN SELECT RAISE(ABORT, 'unknown value of %s.%s'); END", c.Table, c.Column, c.list(), c.Table, c.Column)
	for _, s := range []string{
		"CREATE TRIGGER IF NOT EXISTS " + added + " BEFORE INSERT" + does,
		"CREATE TRIGGER IF NOT EXISTS " + updated + " BEFORE UPDATE OF " + c.Column + does,
	} {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	var old bool
	if err := tx.QueryRowContext(ctx, fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %s WHERE %s NOT IN %s)", c.Table, c.Column, c.list())).Scan(&old); err != nil {
		return err
	}
	if old {
		warnOld(log, c)
	}
	return nil
}

func liteDrop(ctx context.Context, tx *sql.Tx, names map[string]bool) error {
	for name := range names {
		if _, err := tx.ExecContext(ctx, "DROP TRIGGER "+name); err != nil {
			return err
		}
	}
	return nil
}
