package store

import (
	"context"
	"fmt"
	"time"
)

// Now is the time by the clock of the database. Leases are decided by it alone:
// it is the same for all nodes, however wrong their own clocks are. Inside a
// transaction, too, it is the time at which it is asked.
func (db *DB) Now(ctx context.Context, r Reader) (time.Time, error) {
	var micros int64
	if err := r.QueryRow(ctx, db.engine.clock()).Scan(&micros); err != nil {
		return time.Time{}, fmt.Errorf("ask the database for the time: %w", err)
	}
	return Time(micros), nil
}

// clock asks for microseconds since 1970.
func (e *pgEngine) clock() string {
	return "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
}

// clock asks for microseconds since 1970, which SQLite knows to the millisecond.
func (e *liteEngine) clock() string {
	return "SELECT CAST(unixepoch('now', 'subsec') * 1000000 AS INTEGER)"
}
