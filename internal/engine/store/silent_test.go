package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/postgrestest"
)

// TestNothingWaitsForASilentServer: connections stay open, and nobody answers.
// Each kind of call ends by itself, closing as well, and all is as before when
// the server speaks again.
func TestNothingWaitsForASilentServer(t *testing.T) {
	wire := postgrestest.NewWire(t, postgrestest.URL(t))
	db, err := store.Open(t.Context(), wire.URL)
	if err != nil {
		t.Fatal(err)
	}
	table(t, db)
	ids := id.System()
	org := id.Org(ids.New())
	calls := map[string]func() error{
		"read": func() error { var n int64; return db.QueryRow(t.Context(), "SELECT COUNT(*) FROM thing").Scan(&n) },
		"collect": func() error {
			_, err := store.Collect(t.Context(), db, func(store.Row) (int, error) { return 0, nil }, "SELECT n FROM thing")
			return err
		},
		"write": func() error { return add(db, org, ids.New()) },
		"snapshot": func() error {
			return db.Snapshot(t.Context(), func(ctx context.Context, r store.Reader) error {
				var n int64
				return r.QueryRow(ctx, "SELECT COUNT(*) FROM thing").Scan(&n)
			})
		},
	}
	all := func(want error) {
		t.Helper()
		began := time.Now()
		var under sync.WaitGroup
		for name, call := range calls {
			for range 3 {
				under.Go(func() {
					if err := call(); !errors.Is(err, want) {
						t.Errorf("%s: %v, want %v", name, err, want)
					}
				})
			}
		}
		under.Wait()
		if took := time.Since(began); took > 40*time.Second {
			t.Errorf("all calls took %s to end", took)
		}
	}
	all(nil)
	wire.Silence()
	all(store.ErrUnavailable)
	wire.Speak()
	waitFor(t, func() bool { return calls["write"]() == nil })
	all(nil)

	wire.Silence()
	begun := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- db.Write(context.Background(), func(ctx context.Context, tx store.Tx) error {
			close(begun)
			var n int64
			return tx.QueryRow(ctx, "SELECT COUNT(*) FROM thing").Scan(&n)
		})
	}()
	select {
	case <-begun:
	case err := <-ended: // the transaction could not even begin
		ended <- err
	}
	began := time.Now()
	_ = db.Close()
	if err := <-ended; err == nil {
		t.Error("a write under way is said to have succeeded")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("closing took %s", took)
	}
}
