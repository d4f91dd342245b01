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

type silent struct{}

func (silent) Append(context.Context, store.Tx, id.Org, ...evidence.Entry) error { return nil }

// An outline says of an open breach what the whole record says, whether it was
// written down with it or before there were outlines.
func TestAnOutlineSaysWhatTheRecordSays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v, ids, now := vaulttest.Open(t, db), id.System(), time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
		org, by := id.Org(ids.New()), id.Account(ids.New())
		desk := breach.New(v, ids, func() time.Time { return now }, silent{}, counted{}, counted{})
		write := func(do func(ctx context.Context, tx store.Tx) error) error { return db.Write(t.Context(), do) }
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(write(func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, org) }))
		open := func(d breach.Detail) (at id.Breach) {
			must(write(func(ctx context.Context, tx store.Tx) error {
				r, err := desk.Open(ctx, tx, org, now.Add(-100*time.Hour), d.What, by)
				if at = r.ID; err != nil || d.Risk == "" {
					return err
				}
				_, err = desk.Save(ctx, tx, org, at, d)
				return err
			}))
			return at
		}
		scope := breach.Scope{From: now.AddDate(0, 0, -3), Until: now}
		all := []id.Breach{
			open(breach.Detail{What: "Telefon verloren"}),
			open(breach.Detail{What: "Konto übernommen", Risk: breach.SomeRisk, Scope: scope}),
			open(breach.Detail{What: "Falsch verschickt", Risk: breach.NoRisk, Scope: scope, Measures: "gelöscht", Consequences: "keine"}),
		}
		err := write(func(ctx context.Context, tx store.Tx) error {
			_, err := desk.Save(ctx, tx, org, all[0], breach.Detail{What: "Telefon verloren", Risk: "vielleicht"})
			return err
		})
		if !errors.Is(err, breach.ErrRisk) {
			t.Errorf("a risk that there is not: %v", err)
		}
		over := open(breach.Detail{What: "erledigt", Risk: breach.NoRisk})
		must(write(func(ctx context.Context, tx store.Tx) error { return desk.Done(ctx, tx, org, over, breach.Close, by) }))
		for _, before := range []bool{false, true} {
			if before { // as they were written without outlines
				must(write(func(ctx context.Context, tx store.Tx) error {
					_, err := tx.Exec(ctx, "UPDATE breach SET people = -1, risk = '', lacks = ''")
					return err
				}))
			}
			outlines, err := desk.Outlines(t.Context(), db, org)
			if err != nil || len(outlines) != len(all) {
				t.Fatalf("%d outlines of %d open breaches: %v", len(outlines), len(all), err)
			}
			for _, o := range outlines {
				whole, err := desk.Get(t.Context(), db, org, o.ID)
				must(err)
				for _, at := range []time.Time{whole.Aware, whole.Aware.Add(50 * time.Hour), now} {
					if o.Stage(at) != whole.Stage(at) || !slices.Equal(o.Missing(at), whole.Missing(at)) || o.Affected.People != whole.Affected.People || !o.Due().Equal(whole.Due()) {
						t.Errorf("%q is outlined as %s, lacking %v of %d people; it is %s, lacking %v of %d", whole.What, o.Stage(at), o.Missing(at), o.Affected.People, whole.Stage(at), whole.Missing(at), whole.Affected.People)
					}
				}
				if o.What != "" {
					t.Errorf("an outline says %q", o.What)
				}
			}
		}
	})
}

// counted are messages and files that a scope holds.
type counted struct{}

func (counted) Written(context.Context, store.Reader, id.Org, id.Channel, time.Time, time.Time) (people, messages int64, carriers []id.Message, err error) {
	return 3, 7, nil, nil
}

func (counted) Writers(context.Context, store.Reader, id.Org, id.Channel, time.Time, time.Time, id.Person, int) ([]id.Person, error) {
	return nil, nil
}

func (counted) CountFor(context.Context, store.Reader, id.Org, []id.Message) (int64, error) {
	return 2, nil
}
