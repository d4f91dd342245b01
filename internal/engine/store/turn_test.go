package store_test

import (
	"context"
	"errors"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// Whoever has something due is next in turn, however much the others have; after
// the last comes the first again.
func TestEachHasItsTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const query = "SELECT org_id FROM mail_queue WHERE not_before <= ? AND org_id > ? ORDER BY org_id LIMIT 1"
		var turn store.Turn
		if _, err := turn.Next(t.Context(), db, query, int64(5)); !errors.Is(err, store.ErrNoRows) {
			t.Fatalf("nobody has anything: %v", err)
		}
		orgs := []id.Org{{1}, {2}, {255}}
		for i, due := range []int64{1, 1, 1, 1, 1, 9, 2} { // the second has nothing due
			org := orgs[max(0, i-4)]
			if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Exec(ctx, "INSERT INTO mail_queue (org_id, id, owner_id, kind, ref, message, attempts, not_before, created_at, until) VALUES (?, ?, ?, '', ?, ?, 0, ?, 0, 0)",
					org, id.ID{byte(i + 1)}, org, org, []byte{}, due)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for n, want := range []id.Org{orgs[0], orgs[2], orgs[0], orgs[2]} {
			if got, err := turn.Next(t.Context(), db, query, int64(5)); err != nil || got != want {
				t.Errorf("turn %d: %v %v, want %v", n, got, err, want)
			}
		}
	})
}
