package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
	"einklang/internal/test/storetest"
)

// An act on several is one entry, which is found by each whom it concerns, and
// which nobody can make smaller.
func TestAnActOnSeveralIsOneEntry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		one, two, three := w.ids.New(), id.Person(w.ids.New()), id.Person(w.ids.New())
		w.deed("person.changed", audit.Contact, id.ID(two), one, id.ID(two))
		for _, who := range []id.Person{id.Person(one), two} {
			got := w.read(audit.Filter{Contact: who})
			if len(got) != 1 || got[0].Altered || len(got[0].Several) != 2 || len(got[0].Concerned()) != 2 {
				t.Errorf("about one of them: %+v", got)
			}
		}
		w.write(func(ctx context.Context, tx store.Tx) error {
			return w.log.Merge(ctx, tx, w.org, id.Person(one), three)
		})
		if len(w.read(audit.Filter{Contact: id.Person(one)})) != 0 || len(w.read(audit.Filter{Contact: three})) != 1 {
			t.Error("the entry does not follow whom one of them turned out to be")
		}
		w.write(func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM audit_object WHERE org_id = ? AND object_id = ?", w.org, one)
			return err
		})
		if got := w.read(audit.Filter{}); len(got) != 1 || !got[0].Altered {
			t.Errorf("one of them was taken out: %+v", got)
		}
		w.now = w.now.AddDate(1, 0, 0)
		w.write(func(ctx context.Context, tx store.Tx) error {
			_, err := w.log.ExpireClasses(ctx, tx, w.org, period.Orders{Before: map[string]time.Time{period.Audit: w.now}}, id.Cursor{}, map[string]int64{})
			return err
		})
		var left int64
		if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM audit_object WHERE org_id = ?", w.org).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d rows are left of it, %v", left, err)
		}
	})
}

// An act of many transactions is one entry, from its first transaction on; until
// its last one it is said not to have ended.
func TestALongActSaysThatItHasEnded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		act := w.log.Command(w.org, audit.IndexMade)
		w.write(func(ctx context.Context, tx store.Tx) error { return act.End(ctx, tx, 0) })
		if got := w.read(audit.Filter{}); len(got) != 0 {
			t.Fatalf("nothing has begun: %+v", got)
		}
		broken := errors.New("the bite failed")
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return errors.Join(act.Begin(ctx, tx), broken) }); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		for range 2 {
			w.write(act.Begin)
			if got := w.read(audit.Filter{}); len(got) != 1 || !got[0].Broken() || got[0].Altered {
				t.Fatalf("it goes on: %+v", got)
			}
		}
		w.write(func(ctx context.Context, tx store.Tx) error { return act.End(ctx, tx, 12) })
		if got := w.read(audit.Filter{}); len(got) != 1 || got[0].Broken() || *got[0].Ended != 12 || got[0].Altered {
			t.Errorf("it has ended: %+v", got)
		}
		for name, change := range map[string]string{"it did more": "UPDATE audit SET done = 13", "it never ended": "UPDATE audit SET end_leaf = NULL, done = NULL, long = FALSE", "its end is another": "UPDATE audit SET done = 12, long = TRUE, end_leaf = leaf"} {
			w.write(func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Exec(ctx, change+" WHERE org_id = ?", w.org)
				return err
			})
			if got := w.read(audit.Filter{}); len(got) != 1 || !got[0].Altered {
				t.Errorf("%s: %+v", name, got)
			}
		}
	})
}
