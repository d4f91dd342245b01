package retention_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/test/leaktest"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// What one room cannot delete of one organisation keeps neither what follows
// there nor the other organisations from their turn.
func TestEveryOrganisationHasItsTurn(t *testing.T) {
	storetest.InTurn(t, func(t *testing.T, address func(testing.TB) string) {
		db := storetest.Open(t, address(t))
		ids := id.System()
		orgs := org.New(db, vaulttest.Open(t, db), ids, time.Now)
		var all []id.Org
		for _, slug := range []string{"eins", "zwei"} {
			o, err := orgs.Create(t.Context(), slug, "Beispiel GmbH", org.DefaultSettings())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, o.ID)
		}
		var forgot, followed []id.Org
		global, done := 0, make(chan struct{})
		sweep := retention.Expiry{DB: db, Now: time.Now, Log: slog.New(slog.DiscardHandler), Orgs: orgs, Clock: retention.Clock{Now: time.Now, Turned: true},
			All: []func(context.Context, store.Tx, time.Time) error{func(_ context.Context, tx store.Tx, _ time.Time) error {
				tx.AfterCommit(func() { global++ })
				return nil
			}},
			Rooms: []retention.Expire{func(_ context.Context, tx store.Tx, org id.Org, _ time.Time) error {
				if org == all[0] {
					return errors.New("example")
				}
				tx.AfterCommit(func() { forgot = append(forgot, org) })
				return nil
			}},
			Then: []func(context.Context, org.Org) error{func(_ context.Context, o org.Org) error {
				followed = append(followed, o.ID)
				return nil
			}}}
		leaktest.Runs(t, func(ctx context.Context) {
			if err := sweep.Run(ctx); err != nil {
				t.Error(err)
			}
			close(done)
		}, func() bool { <-done; return true })
		if global != 1 || !slices.Equal(forgot, all[1:]) || !slices.Equal(followed, all) {
			t.Errorf("for all %d; forgot %v, followed %v of %v", global, forgot, followed, all)
		}
	})
}
