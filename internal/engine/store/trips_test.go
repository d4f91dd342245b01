package store_test

import (
	"context"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// Every statement of a request counts once, however many rows it is for, in a
// write, in a snapshot and outside; what others do at the same time does not.
func TestTripsAreCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		ctx, trips := store.Counting(t.Context())
		row := func() []any { return []any{id.System().New(), id.System().New(), int64(1), "x", true, id.ID{}} }
		err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			if _, err := tx.Exec(ctx, insert, row()...); err != nil {
				return err
			}
			return tx.InsertMany(ctx, things, [][]any{row(), row(), row()})
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(trips.Statements()); n != 2 {
			t.Errorf("a write with two statements counts %d: %q", n, trips.Statements())
		}
		if count(t, db) != 4 { // by somebody who does not count
			t.Error("not all rows are there")
		}
		err = db.Snapshot(ctx, func(ctx context.Context, r store.Reader) error {
			var n int64
			return r.QueryRow(ctx, "SELECT COUNT(*) FROM thing").Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Collect(ctx, db, store.One[int64], "SELECT n FROM thing"); err != nil {
			t.Fatal(err)
		}
		if n := len(trips.Statements()); n != 4 {
			t.Errorf("%d statements are counted, want 4: %q", n, trips.Statements())
		}
	})
}
