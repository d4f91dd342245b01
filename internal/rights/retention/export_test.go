package retention_test

import (
	"context"
	"testing"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// A person is told until when a hold keeps her data: the longest that is in
// force, and none that was lifted or is another's.
func TestAHoldIsTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ids, v := id.System(), vaulttest.Open(t, db)
		now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
		holds := retention.New(v, ids, func() time.Time { return now }, evidence.New(v, func() time.Time { return now }), nil)
		org, ada, other := id.Org(ids.New()), id.Person(ids.New()), id.Person(ids.New())
		place := func(who id.Person, months int) (h retention.Hold) {
			t.Helper()
			if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
				h, err = holds.Place(ctx, tx, org, retention.Hold{Contact: who, By: id.Account(ids.New()), Reason: "Klage", Until: now.AddDate(0, months, 0)})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return h
		}
		told := func() *time.Time {
			t.Helper()
			into := record.Record{Person: chat.Known{Person: chat.Person{ID: ada}}}
			if err := holds.Export(t.Context(), db, org, &into); err != nil {
				t.Fatal(err)
			}
			return into.Held
		}
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, org) }); err != nil {
			t.Fatal(err)
		}
		place(other, 12)
		if got := told(); got != nil {
			t.Errorf("another's hold: %v", got)
		}
		place(ada, 3)
		long := place(ada, 6)
		if got := told(); got == nil || !got.Equal(long.Until) {
			t.Errorf("two holds: %v, want %v", got, long.Until)
		}
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return holds.Lift(ctx, tx, org, long.ID, id.Account(ids.New()))
		}); err != nil {
			t.Fatal(err)
		}
		if got := told(); got == nil || !got.Equal(now.AddDate(0, 3, 0)) {
			t.Errorf("one of them lifted: %v", got)
		}
		now = now.AddDate(1, 0, 0)
		if got := told(); got != nil {
			t.Errorf("all are over: %v", got)
		}
	})
}
