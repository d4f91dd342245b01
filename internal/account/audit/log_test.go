package audit_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

type world struct {
	t       *testing.T
	db      *store.DB
	now     time.Time
	ids     *id.Source
	org     id.ID
	log     *audit.Log
	leaves  *evidence.Log
	account id.ID
	vault   *vault.Vault
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	v := vaulttest.Open(t, db)
	clock := func() time.Time { return w.now }
	w.ids = id.NewSource(clock, rand.Reader)
	w.org, w.account = w.ids.New(), w.ids.New()
	w.leaves = evidence.New(v, clock)
	w.log = audit.New(v, w.ids, clock, w.leaves, nil)
	w.found(v)
	w.vault = v
	return w
}

// found makes the organisation.
func (w *world) found(v *vault.Vault) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, w.org) })
}

func (w *world) write(do func(context.Context, store.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), do); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) deed(act string, kind audit.Object, objects ...id.ID) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx store.Tx) error {
		return w.log.Write(ctx, tx, w.org, audit.Deed{Account: w.account, Act: act, Kind: kind, Objects: objects})
	})
}

func (w *world) read(f audit.Filter) []audit.Entry {
	w.t.Helper()
	f.Limit = 100
	all, err := w.log.Read(w.t.Context(), w.db, w.org, f)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func TestWhatStaffDidIsFoundAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		one, two := w.ids.New(), w.ids.New()
		w.deed("inbox.viewed", audit.NoObject)
		w.deed("person.changed", audit.Contact, one)
		w.now = w.now.AddDate(0, 0, 1)
		w.deed("person.changed", audit.Contact, one, two)

		for _, c := range []struct {
			name string
			f    audit.Filter
			want int
		}{
			{"all", audit.Filter{}, 4},
			{"about one person", audit.Filter{Contact: one}, 2},
			{"one act", audit.Filter{Act: "inbox.viewed"}, 1},
			{"nobody did it", audit.Filter{Account: one}, 0},
			{"since today", audit.Filter{From: w.now}, 2},
			{"until today", audit.Filter{Until: w.now}, 2},
		} {
			if got := w.read(c.f); len(got) != c.want {
				t.Errorf("%s: %d entries, want %d", c.name, len(got), c.want)
			}
		}
		all := w.read(audit.Filter{})
		if rest := w.read(audit.Filter{Before: all[1].ID}); len(rest) != 2 {
			t.Errorf("the next page has %d entries, want 2", len(rest))
		}
		for _, e := range all {
			if e.Altered {
				t.Errorf("%s is said to be altered", e.Act)
			}
		}
		counts, err := audit.Counts(t.Context(), db, w.org, time.Time{})
		if err != nil || len(counts) != 2 || counts[1] != (audit.Count{Act: "person.changed", N: 3, People: 2, Accounts: 1}) {
			t.Errorf("counts: %+v, %v", counts, err)
		}
	})
}

func TestAChangedEntryIsFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for name, change := range map[string]string{
			"another one did it":   "UPDATE audit SET account_id = object_id",
			"something else":       "UPDATE audit SET act = 'inbox.viewed'",
			"at another time":      "UPDATE audit SET at = at - 1",
			"to something else":    "UPDATE audit SET object_id = account_id",
			"of another leaf":      "UPDATE audit SET leaf = leaf + 1",
			"under another number": "UPDATE audit SET id = object_id",
		} {
			w.org = w.ids.New()
			w.found(w.vault)
			w.deed("person.changed", audit.Contact, w.ids.New())
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

func TestOldEntriesGoWithTheirKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for range 3 { // May, June, July
			w.deed("person.changed", audit.Contact, w.ids.New())
			w.now = w.now.AddDate(0, 1, 0)
		}
		june := time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC)
		retain := func(dry bool) (n int64) {
			w.write(func(ctx context.Context, tx store.Tx) (err error) {
				n, _, err = w.log.Retain(ctx, tx, w.org, june, dry, id.ID{})
				return err
			})
			return n
		}
		if n := retain(true); n != 2 || len(w.read(audit.Filter{})) != 3 {
			t.Errorf("a dry run counts %d and leaves %d", n, len(w.read(audit.Filter{})))
		}
		if n := retain(false); n != 2 || len(w.read(audit.Filter{})) != 1 {
			t.Errorf("%d deleted, %d left", n, len(w.read(audit.Filter{})))
		}
		lines, err := w.leaves.At(t.Context(), db, w.org, []int64{0, 1, 2})
		if err != nil || len(lines) != 3 {
			t.Fatal(lines, err)
		}
		for _, line := range lines {
			// June's key lives until all of June may go.
			if gone := line.Record == nil; gone != (line.Index == 0) {
				t.Errorf("leaf %d can be opened: %v", line.Index, !gone)
			}
		}
	})
}

func TestViewsAreWrittenOnceAnHour(t *testing.T) {
	now := time.Date(2026, 5, 4, 9, 10, 0, 0, time.UTC)
	log := audit.New(nil, nil, func() time.Time { return now }, nil, nil)
	one, two := id.System().New(), id.System().New()
	for _, step := range []struct {
		after   time.Duration
		account id.ID
		object  id.ID
		want    bool
	}{
		{0, one, two, true}, {time.Minute, one, two, false}, {0, two, two, true}, {0, one, one, true}, {time.Hour, one, two, true}, {0, one, two, false},
	} {
		now = now.Add(step.after)
		if got := log.Fresh(step.account, "conversation.viewed", step.object); got != step.want {
			t.Errorf("at %s: %v, want %v", now.Format(time.TimeOnly), got, step.want)
		}
	}
}
