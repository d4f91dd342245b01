package audit_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

type world struct {
	t       *testing.T
	db      *store.DB
	now     time.Time
	ids     *id.Source
	org     id.Org
	log     *audit.Log
	leaves  *evidence.Log
	account id.Account
	vault   *vault.Vault
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	v := vaulttest.Open(t, db)
	clock := func() time.Time { return w.now }
	w.ids = id.NewSource(clock, rand.Reader)
	w.org, w.account = id.Org(w.ids.New()), id.Account(w.ids.New())
	w.leaves = evidence.New(v, clock)
	w.log = audit.New(audit.Parts{DB: db, Vault: v, IDs: w.ids, Now: clock, Log: slog.New(slog.DiscardHandler), Ledger: w.leaves})
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
		return w.log.Write(ctx, tx, w.org, audit.Deed{By: audit.Actor{Who: audit.Staff, ID: id.ID(w.account)}, Act: act, Kind: kind, Objects: objects})
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
		one, two := w.ids.New(), id.Person(w.ids.New())
		w.deed("inbox.viewed", audit.NoObject)
		w.deed("person.changed", audit.Contact, one)
		w.now = w.now.AddDate(0, 0, 1)
		w.deed("person.changed", audit.Contact, one, id.ID(two))

		for _, c := range []struct {
			name string
			f    audit.Filter
			want int
		}{
			{"all", audit.Filter{}, 3},
			{"about one person", audit.Filter{Contact: id.Person(one)}, 2},
			{"one act", audit.Filter{Act: "inbox.viewed"}, 1},
			{"nobody did it", audit.Filter{Account: id.Account(one)}, 0},
			{"about the other, too", audit.Filter{Contact: two}, 1},
			{"since today", audit.Filter{From: w.now}, 1},
			{"until today", audit.Filter{Until: w.now}, 2},
		} {
			if got := w.read(c.f); len(got) != c.want {
				t.Errorf("%s: %d entries, want %d", c.name, len(got), c.want)
			}
		}
		all := w.read(audit.Filter{})
		if rest := w.read(audit.Filter{Before: id.Cursor(all[0].ID)}); len(rest) != 2 {
			t.Errorf("the next page has %d entries, want 2", len(rest))
		}
		for _, e := range all {
			if e.Altered {
				t.Errorf("%s is said to be altered", e.Act)
			}
		}
		counts, err := audit.Counts(t.Context(), db, w.org, time.Time{})
		if err != nil || len(counts) != 2 || counts[1] != (audit.Count{Act: "person.changed", N: 2, People: 2, Accounts: 1}) {
			t.Errorf("counts: %+v, %v", counts, err)
		}
	})
}

func TestAChangedEntryIsFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for name, change := range map[string]string{
			"another one did it":   "UPDATE audit SET account_id = object_id",
			"another kind did it":  "UPDATE audit SET actor = 'program'",
			"more was found":       "UPDATE audit SET hits = 7",
			"something else":       "UPDATE audit SET act = 'inbox.viewed'",
			"at another time":      "UPDATE audit SET at = at - 1",
			"to something else":    "UPDATE audit SET object_id = account_id",
			"of another leaf":      "UPDATE audit SET leaf = leaf + 1",
			"under another number": "UPDATE audit SET id = object_id",
			"it was long":          "UPDATE audit SET long = TRUE",
			"it has ended":         "UPDATE audit SET end_leaf = leaf, done = 1",
		} {
			w.org = id.Org(w.ids.New())
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
		expire := func(dry bool) int64 {
			counts := map[string]int64{}
			w.write(func(ctx context.Context, tx store.Tx) (err error) {
				_, err = w.log.ExpireClasses(ctx, tx, w.org, period.Orders{Before: map[string]time.Time{period.Audit: june}, Dry: dry}, id.Cursor{}, counts)
				return err
			})
			return counts[period.Audit]
		}
		if n := expire(true); n != 2 || len(w.read(audit.Filter{})) != 3 {
			t.Errorf("a dry run counts %d and leaves %d", n, len(w.read(audit.Filter{})))
		}
		if n := expire(false); n != 2 || len(w.read(audit.Filter{})) != 1 {
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

// In an hour, who looks at what is written once; a failed attempt counts for
// nothing.
func TestViewsAreWrittenOnceAnHour(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.now = w.now.Add(10 * time.Minute)
		one, two := id.ID(w.account), w.ids.New()
		entries := 0
		for i, step := range []struct {
			after   time.Duration
			account id.Account
			object  id.ID
			want    int
		}{
			{0, id.Account(one), two, 1}, {time.Minute, id.Account(one), two, 0}, {0, id.Account(two), two, 1}, {0, id.Account(one), one, 1}, {time.Hour, id.Account(one), two, 1}, {0, id.Account(one), two, 0},
		} {
			w.now = w.now.Add(step.after)
			w.log.Begin(w.org, audit.Actor{Who: audit.Staff, ID: id.ID(step.account)}, audit.Reads("conversation.viewed").Of(audit.Conversation), step.object).Seen()
			w.log.Settle()
			if now := len(w.read(audit.Filter{})); now-entries != step.want {
				t.Errorf("step %d: %d entries more, want %d", i, now-entries, step.want)
			} else {
				entries = now
			}
		}
	})
}

// A search says that and how many hits; the same words again in the hour say
// nothing new, others do however many hits they have.
func TestASearchSaysHowManyHits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for _, searched := range []struct {
			words string
			hits  int
		}{{"Erika Mustermann", 3}, {" erika  mustermann", 3}, {"Otto", 3}, {"Niemand", 0}} {
			act := w.log.Begin(w.org, audit.Actor{Who: audit.Staff, ID: id.ID(w.account)}, audit.Reads("searched"))
			act.Found(searched.words, searched.hits)
			act.Seen()
			w.log.Settle()
		}
		all := w.read(audit.Filter{})
		if len(all) != 3 || *all[0].Hits != 0 || *all[1].Hits != 3 || *all[2].Hits != 3 || all[0].Altered || all[2].Altered {
			t.Errorf("searches: %+v", all)
		}
	})
}

// A phone that fetches its book every few minutes stands in the log once a day
// for each state of the book.
func TestAFetchIsWrittenOnceADayForEachState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for i, step := range []struct {
			after time.Duration
			state int64
			want  int
		}{{0, 7, 1}, {time.Hour, 7, 1}, {0, 8, 2}, {time.Hour, 8, 2}, {24 * time.Hour, 8, 3}} {
			w.now = w.now.Add(step.after)
			w.log.Begin(w.org, audit.Actor{Who: audit.Device, ID: id.ID(w.account)}, audit.Reads("book.synced")).Fetched(step.state)
			w.log.Settle()
			if got := len(w.read(audit.Filter{Who: audit.Device})); got != step.want {
				t.Errorf("step %d: %d entries, want %d", i, got, step.want)
			}
		}
	})
}

// An act and its entry are one transaction.
func TestAnActAndItsEntryShareTheirFate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		act := w.log.Begin(w.org, audit.ByCommand(), audit.Changes("staff.changed"))
		broken := errors.New("not today")
		nothing := func(context.Context, store.Tx) error { return nil }
		if err := act.Write(t.Context(), func(context.Context, store.Tx) error { return broken }); !errors.Is(err, broken) || act.Done() {
			t.Errorf("an act that failed: %v, done %v", err, act.Done())
		}
		if err := act.WriteIf(t.Context(), func(context.Context, store.Tx) (bool, error) { return false, nil }); err != nil || act.Done() || len(w.read(audit.Filter{})) != 0 {
			t.Errorf("a refusal that is kept: %v, done %v, %d entries", err, act.Done(), len(w.read(audit.Filter{})))
		}
		if err := act.Write(t.Context(), nothing); err != nil || !act.Done() {
			t.Errorf("an act: %v, done %v", err, act.Done())
		}
		if err := act.Write(t.Context(), nothing); !errors.Is(err, audit.ErrTwice) {
			t.Errorf("the same act again: %v", err)
		}
		all := w.read(audit.Filter{Who: audit.Command})
		if len(all) != 1 || all[0].Altered || !all[0].By.ID.IsZero() {
			t.Errorf("the log: %+v", all)
		}
	})
}

// A route without a rule is refused.
func TestARouteNeedsARule(t *testing.T) {
	log := audit.New(audit.Parts{})
	for name, rule := range map[string]audit.Rule{"none": {}, "no act": audit.Changes(""), "no reason": audit.Nothing(""), "made up": audit.Nothing("because")} {
		if log.Register("GET /x", rule) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := log.Register("GET /x", audit.Reads("x.viewed")); err != nil {
		t.Error(err)
	}
	if log.Register("GET /x", audit.Nothing(audit.Own)) == nil {
		t.Error("a second rule is taken")
	}
}
