package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// Queries that take seconds at least.
const (
	count30M  = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 30000000) SELECT COUNT(*) FROM c"
	endless   = count30M
	endlessly = "UPDATE thing SET n = (" + count30M + ")"
	slowlyOn  = "SELECT 1 UNION ALL SELECT * FROM (" + count30M + ") AS slow"
)

// asking runs a query in each way that there is, until it has ended.
var asking = map[string]func(context.Context, store.Tx) error{
	"a row": func(ctx context.Context, tx store.Tx) error {
		var n int64
		return tx.QueryRow(ctx, endless).Scan(&n)
	},
	"rows, the second one": func(ctx context.Context, tx store.Tx) error {
		_, err := store.Collect(ctx, tx, store.One[int64], slowlyOn)
		return err
	},
	"a change": func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, endlessly)
		return err
	},
	"many queries": func(ctx context.Context, tx store.Tx) error {
		return tx.QueryMany(ctx, count30M+" WHERE x > ?", [][]any{{int64(1)}, {int64(2)}}, func(int, store.Row) error { return nil })
	},
	"many changes": func(ctx context.Context, tx store.Tx) error {
		return tx.UpdateMany(ctx, store.Update{Table: "thing", Set: "n = (" + count30M + ") + ?", Where: "n = ?"}, [][]any{{int64(1), int64(1)}, {int64(2), int64(2)}})
	},
}

// TestAStatementEndsWithItsTime: with the deadline of the caller, with the time
// that a statement may take, and with the context of the statement alone. Those
// who share the transaction notice nothing, and what was written is gone.
func TestAStatementEndsWithItsTime(t *testing.T) {
	short := map[string]struct {
		want error
		of   func(context.Context) (context.Context, context.CancelFunc)
	}{
		"deadline": {context.DeadlineExceeded, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 200*time.Millisecond)
		}},
		"patience": {store.ErrUnavailable, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return store.Patient(ctx, 200*time.Millisecond), func() {}
		}},
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		ids := id.System()
		org, first := id.Org(ids.New()), ids.New()
		if err := add(db, org, first); err != nil {
			t.Fatal(err)
		}
		writes := int64(1)
		for name, ask := range asking {
			for how, time := range short {
				for kind, write := range map[string]func(context.Context, func(context.Context, store.Tx) error) error{"write": db.Write, "bite": db.WriteBite} {
					ctx, cancel := time.of(t.Context())
					between(t, db, name+", "+how+", "+kind, func() error {
						return write(ctx, func(ctx context.Context, tx store.Tx) error {
							if _, err := tx.Exec(ctx, insert, org, ids.New(), int64(1), "w", true, nil); err != nil {
								return err
							}
							return ask(ctx, tx)
						})
					}, time.want, func() error { writes++; return add(db, org, ids.New()) }, func() error { writes++; return add(db, org, ids.New()) })
					cancel()
				}
			}
		}
		between(t, db, "a statement's own", func() error {
			return db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
				ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
				defer cancel()
				return asking["a row"](ctx, tx)
			})
		}, context.DeadlineExceeded)
		if n := count(t, db); n != writes {
			t.Errorf("%d rows, want %d", n, writes)
		}
	})
}

// between has a write fail in the middle of others of the same transaction.
func between(t *testing.T, db *store.DB, what string, do func() error, want error, others ...func() error) {
	t.Helper()
	free := occupy(t, db)
	done := make(chan error, len(others))
	for _, other := range others[:len(others)/2] {
		go func() { done <- other() }()
		time.Sleep(5 * time.Millisecond)
	}
	ended := make(chan error, 1)
	go func() { ended <- do() }()
	time.Sleep(5 * time.Millisecond)
	for _, other := range others[len(others)/2:] {
		go func() { done <- other() }()
		time.Sleep(5 * time.Millisecond)
	}
	free()
	began := time.Now()
	if err := <-ended; !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
	for range others {
		if err := <-done; err != nil {
			t.Errorf("%s: it harmed another one: %v", what, err)
		}
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("%s: it took %s", what, took)
	}
}

// TestNothingIsAskedAfterTheTime in none of the ways there are.
func TestNothingIsAskedAfterTheTime(t *testing.T) {
	thing := store.Insert{Into: "thing (org_id, id, n, word, yes, raw)"}
	change := store.Update{Table: "thing", Set: "n = ?", Where: "n = ?"}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		db.EndAtOnce()
		ids := id.System()
		row := [][]any{{id.Org(ids.New()), ids.New(), int64(1), "w", true, nil}}
		for name, ask := range map[string]func(context.Context, store.Tx) error{
			"Exec":       func(ctx context.Context, tx store.Tx) error { _, err := tx.Exec(ctx, insert, row[0]...); return err },
			"InsertMany": func(ctx context.Context, tx store.Tx) error { return tx.InsertMany(ctx, thing, row) },
			"InsertNew":  func(ctx context.Context, tx store.Tx) error { _, err := tx.InsertNew(ctx, thing, row); return err },
			"UpdateMany": func(ctx context.Context, tx store.Tx) error {
				return tx.UpdateMany(ctx, change, [][]any{{int64(1), int64(1)}})
			},
			"UpdateCounted": func(ctx context.Context, tx store.Tx) error {
				_, err := tx.UpdateCounted(ctx, change, [][]any{{int64(1), int64(1)}})
				return err
			},
			"DeleteMany": func(ctx context.Context, tx store.Tx) error {
				return tx.DeleteMany(ctx, store.Delete{From: "thing", Where: "n = ?"}, [][]any{{int64(1)}})
			},
			"QueryMany": func(ctx context.Context, tx store.Tx) error {
				return tx.QueryMany(ctx, "SELECT n FROM thing WHERE n = ?", [][]any{{int64(1)}}, func(int, store.Row) error { return nil })
			},
			"Query": func(ctx context.Context, tx store.Tx) error {
				_, err := store.Collect(ctx, tx, store.One[int64], "SELECT n FROM thing")
				return err
			},
			"QueryRow": func(ctx context.Context, tx store.Tx) error {
				var n int64
				return tx.QueryRow(ctx, "SELECT COUNT(*) FROM thing").Scan(&n)
			},
		} {
			if err := db.Write(t.Context(), ask); err == nil {
				t.Errorf("%s was asked", name)
			}
		}
	})
}

// TestASwallowedErrorFailsTheWrite whichever statement had it, and not those of
// others.
func TestASwallowedErrorFailsTheWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		ids := id.System()
		org := id.Org(ids.New())
		for name, ask := range map[string]func(context.Context, store.Tx){
			"Exec": func(ctx context.Context, tx store.Tx) { _, _ = tx.Exec(ctx, "DELETE FROM nowhere") },
			"QueryRow": func(ctx context.Context, tx store.Tx) {
				_ = tx.QueryRow(ctx, "SELECT nonsense FROM nowhere").Scan(new(int64))
			},
			"Query": func(ctx context.Context, tx store.Tx) {
				_, _ = store.Collect(ctx, tx, store.One[int64], "SELECT nonsense FROM nowhere")
			},
			"QueryMany": func(ctx context.Context, tx store.Tx) {
				_ = tx.QueryMany(ctx, "SELECT nonsense FROM nowhere WHERE x = ?", [][]any{{int64(1)}}, func(int, store.Row) error { return nil })
			},
		} {
			free := occupy(t, db)
			other, ended := make(chan error, 1), make(chan error, 1)
			go func() {
				ended <- db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
					_, err := tx.Exec(ctx, insert, org, ids.New(), int64(1), "w", true, nil)
					ask(ctx, tx)
					return err
				})
			}()
			go func() { other <- db.Write(t.Context(), nothing) }()
			free()
			if err := <-ended; err == nil {
				t.Errorf("%s: nobody was told", name)
			}
			if err := <-other; err != nil {
				t.Errorf("%s: another one had it as well: %v", name, err)
			}
		}
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			if err := tx.QueryRow(ctx, "SELECT n FROM thing").Scan(new(int64)); !errors.Is(err, store.ErrNoRows) {
				return err
			}
			return nil
		}); err != nil {
			t.Errorf("what is not there is no failure: %v", err)
		}
		if n := count(t, db); n != 0 {
			t.Errorf("%d rows are there", n)
		}
	})
}

// A row that was asked for and is not read, because the caller went away in
// between, does not keep the database from being closed.
func TestARowThatNobodyReadsIsClosed(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancel(t.Context())
		err = db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			row := tx.QueryRow(ctx, "SELECT 1")
			leave()
			var n int64
			for range 100 { // until the write has heard of it
				if err := tx.QueryRow(ctx, "SELECT 1").Scan(&n); err != nil {
					break
				}
				time.Sleep(time.Millisecond)
			}
			return row.Scan(&n)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a write whose caller went away: %v", err)
		}
		closed := make(chan error, 1)
		go func() { closed <- db.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the database does not close")
		}
	})
}
