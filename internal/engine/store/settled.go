package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
)

// Settled says up to which number of a transaction nothing can become visible any
// more: whoever follows what is written, in the order of these numbers, misses
// nothing below it. Identifiers are not in that order where several write at
// once: one that was drawn earlier may be committed later.
func (db *DB) Settled(ctx context.Context, r Reader) (int64, error) {
	query := db.engine.settled()
	if query == "" {
		return math.MaxInt64, nil
	}
	var number int64
	if err := r.QueryRow(ctx, query).Scan(&number); err != nil {
		return 0, fmt.Errorf("ask which transactions have ended: %w", err)
	}
	return number, nil
}

// settled: SQLite has one writer.
func (e *liteEngine) settled() string { return "" }

func (e *pgEngine) settled() string {
	return "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)"
}

// numberRows has rows of a table bear the number of the transaction that wrote them.
// The table is locked for that only where it is not so yet.
func numberRows(ctx context.Context, db *sql.DB, table, column string) error {
	var there bool
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(column_default LIKE '%pg_current_xact_id%', FALSE) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 AND column_name = $2",
		table, column).Scan(&there); err != nil || there {
		return err
	}
	_, err := db.ExecContext(ctx, "ALTER TABLE "+table+" ALTER COLUMN "+column+" SET DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)")
	return err
}
