package breach_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rights/breach"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

func TestTheClock(t *testing.T) {
	aware := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		r    breach.Record
		at   time.Duration
		want breach.Stage
	}{
		{"at once", breach.Record{}, 0, breach.Fresh},
		{"a day", breach.Record{}, 24 * time.Hour, breach.Day},
		{"two days", breach.Record{}, 48 * time.Hour, breach.LastDay},
		{"just before the end", breach.Record{}, 72*time.Hour - 1, breach.LastDay},
		{"the end", breach.Record{}, 72 * time.Hour, breach.Overdue},
		{"reported late", breach.Record{Reported: aware.Add(80 * time.Hour)}, 90 * time.Hour, breach.Settled},
		{"no risk", breach.Record{Detail: breach.Detail{Risk: breach.NoRisk}}, 90 * time.Hour, breach.Settled},
		{"a high risk", breach.Record{Detail: breach.Detail{Risk: breach.HighRisk}}, 90 * time.Hour, breach.Overdue},
	} {
		c.r.Aware = aware
		if got := c.r.Stage(aware.Add(c.at)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	late := breach.Record{Aware: aware, Detail: breach.Detail{What: "ein Laptop fehlt", Risk: breach.SomeRisk}}
	if got := late.Missing(aware.Add(100 * time.Hour)); !slices.Equal(got, []string{"scope", "consequences", "measures", "delay"}) {
		t.Errorf("missing: %v", got)
	}
	if got := late.Missing(aware.Add(time.Hour)); slices.Contains(got, "delay") {
		t.Errorf("missing in time: %v", got)
	}
}

type proofs []evidence.Entry

func (p *proofs) Append(_ context.Context, _ store.Tx, _ id.Org, entries ...evidence.Entry) error {
	*p = append(*p, entries...)
	return nil
}

func TestTheRecord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v, ids := vaulttest.Open(t, db), id.System()
		org, by := id.Org(ids.New()), id.Account(ids.New())
		now := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
		var log proofs
		desk := breach.New(v, ids, func() time.Time { return now }, &log, nil, nil)
		write := func(do func(ctx context.Context, tx store.Tx) error) error { return db.Write(t.Context(), do) }
		if err := write(func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, org) }); err != nil {
			t.Fatal(err)
		}
		var r breach.Record
		open := func(aware time.Time, what string) error {
			return write(func(ctx context.Context, tx store.Tx) (err error) {
				r, err = desk.Open(ctx, tx, org, aware, what, by)
				return err
			})
		}
		if err := open(now.Add(time.Hour), "morgen"); !errors.Is(err, breach.ErrTimes) {
			t.Errorf("aware in the future: %v", err)
		}
		if err := open(now, "  "); !errors.Is(err, breach.ErrWhat) {
			t.Errorf("without words: %v", err)
		}
		if err := open(now.Add(-time.Hour), "Ein Laptop fehlt"); err != nil {
			t.Fatal(err)
		}
		save := func(d breach.Detail) error {
			return write(func(ctx context.Context, tx store.Tx) (err error) {
				_, err = desk.Save(ctx, tx, org, r.ID, d)
				return err
			})
		}
		if err := save(breach.Detail{What: "x", Scope: breach.Scope{From: now, Until: now.Add(-time.Hour)}}); !errors.Is(err, breach.ErrTimes) {
			t.Errorf("a time that ends before it begins: %v", err)
		}
		if err := save(breach.Detail{What: "Ein Laptop fehlt", Risk: breach.HighRisk, Measures: "Sitzungen beendet"}); err != nil {
			t.Fatal(err)
		}
		done := func(s breach.Step) error {
			return write(func(ctx context.Context, tx store.Tx) error { return desk.Done(ctx, tx, org, r.ID, s, by) })
		}
		if err := done(breach.Close); !errors.Is(err, breach.ErrOpen) {
			t.Errorf("closed before anybody was told: %v", err)
		}
		for _, s := range []breach.Step{breach.Report, breach.Tell} {
			if err := done(s); err != nil {
				t.Fatal(s, err)
			}
		}
		if err := done(breach.Close); !errors.Is(err, breach.ErrScope) {
			t.Errorf("a high risk closed without saying whom it concerns: %v", err)
		}
		if err := save(breach.Detail{What: "Ein Laptop fehlt", Risk: breach.SomeRisk, Measures: "Sitzungen beendet"}); err != nil {
			t.Fatal(err)
		}
		if err := done(breach.Close); err != nil {
			t.Fatal(err)
		}
		if err := save(breach.Detail{What: "anders"}); !errors.Is(err, breach.ErrClosed) {
			t.Errorf("changed after it was closed: %v", err)
		}
		all, _, err := desk.Page(t.Context(), db, org, id.Cursor{})
		if err != nil || len(all) != 1 || all[0].Measures != "Sitzungen beendet" || all[0].Reported.IsZero() || all[0].Told.IsZero() || all[0].Closed.IsZero() {
			t.Errorf("%+v, %v", all, err)
		}
		var kinds []string
		for _, e := range log {
			kinds = append(kinds, e.Kind)
		}
		if !slices.Equal(kinds, []string{"breach.recorded", "breach.report", "breach.tell", "breach.close"}) {
			t.Errorf("proved: %v", kinds)
		}
		if _, err := desk.Get(t.Context(), db, id.Org(ids.New()), r.ID); !errors.Is(err, breach.ErrNotFound) {
			t.Errorf("of another organisation: %v", err)
		}
	})
}
