package store_test

import (
	"context"
	"errors"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

func TestWhatJoinsAWriteSharesItsFate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		org := id.System().New()
		add := func(word string) func(context.Context, store.Tx) error {
			return func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Exec(ctx, insert, org, id.System().New(), int64(1), word, true, id.ID{})
				return err
			}
		}
		broken := errors.New("not today")
		fails := func(context.Context, store.Tx) error { return broken }

		ctx, entry := store.Joining(t.Context(), add("entry"))
		if err := db.Write(ctx, fails); !errors.Is(err, broken) || entry.Done() || count(t, db) != 0 {
			t.Fatalf("a write that failed: %v, done %v, %d rows", err, entry.Done(), count(t, db))
		}
		for range 2 { // it joins the first that succeeds, and no other
			if err := db.Write(ctx, add("act")); err != nil {
				t.Fatal(err)
			}
		}
		if !entry.Done() || count(t, db) != 3 {
			t.Errorf("two acts and one entry: done %v, %d rows", entry.Done(), count(t, db))
		}
		refused, entry := store.Joining(t.Context(), add("entry"))
		refused, outside := store.Joining(refused, add("another entry"))
		if err := db.Write(refused, func(ctx context.Context, tx store.Tx) error {
			store.Aside(ctx)
			return add("why it was refused")(ctx, tx)
		}); err != nil || entry.Done() || outside.Done() || count(t, db) != 4 {
			t.Fatalf("a write that is not the act: %v, done %v and %v, %d rows", err, entry.Done(), outside.Done(), count(t, db))
		}
		if err := db.Write(store.Apart(refused), add("before the act")); err != nil || entry.Done() || count(t, db) != 5 {
			t.Fatalf("a write apart: %v, done %v, %d rows", err, entry.Done(), count(t, db))
		}
		if err := db.Write(refused, add("act")); err != nil || !entry.Done() || !outside.Done() || count(t, db) != 8 {
			t.Fatalf("and then the act: %v, done %v and %v, %d rows", err, entry.Done(), outside.Done(), count(t, db))
		}
		outer, _ := store.Joining(t.Context(), add("outer"))
		both, _ := store.Joining(outer, fails)
		if err := db.Write(both, add("act")); !errors.Is(err, broken) || count(t, db) != 8 {
			t.Errorf("what is joined keeps the write from happening: %v, %d rows", err, count(t, db))
		}
		both, _ = store.Joining(outer, add("inner"))
		if err := db.Write(both, add("act")); err != nil || count(t, db) != 11 {
			t.Errorf("both join: %v, %d rows", err, count(t, db))
		}
	})
}
