package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
)

func add(db *store.DB, org id.Org, thing id.ID) error {
	return db.Write(context.Background(), func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, insert, org, thing, int64(1), "w", true, nil)
		return err
	})
}

// TestWhatIsAcknowledgedSurvivesAServer kills PostgreSQL while many write: what
// a caller was told is stored must be there after it has recovered.
func TestWhatIsAcknowledgedSurvivesAServer(t *testing.T) {
	server := postgrestest.Start(t, postgrestest.Durable)
	db := storetest.Open(t, server.Database(t))
	table(t, db)
	ids := id.System()
	org := id.Org(ids.New())
	for range 3 {
		var mu sync.Mutex
		var told []id.ID
		var writers sync.WaitGroup
		enough := make(chan struct{})
		for range 16 {
			writers.Go(func() {
				for {
					thing := ids.New()
					if err := add(db, org, thing); err != nil {
						if !errors.Is(err, store.ErrUnavailable) {
							t.Error(err)
						}
						return
					}
					mu.Lock()
					told = append(told, thing)
					if len(told) == 500 {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		writers.Wait()
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		found, err := store.CollectIn(t.Context(), db, func(row store.Row) (id.ID, error) {
			var thing id.ID
			return thing, row.Scan(&thing)
		}, "SELECT id FROM thing WHERE org_id = ? AND id IN (?)", told, org)
		if err != nil {
			t.Fatal(err)
		}
		there := map[id.ID]bool{}
		for _, thing := range found {
			there[thing] = true
		}
		lost := 0
		for _, thing := range told {
			if !there[thing] {
				lost++
			}
		}
		if lost > 0 {
			t.Fatalf("%d of %d acknowledged writes are lost", lost, len(told))
		}
	}
}

// TestACallerWaitsForTheDisk holds the disk up: the row is seen, further work
// runs, and no caller is told before the disk has answered.
func TestACallerWaitsForTheDisk(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	table(t, db)
	disk := make(chan error)
	db.OnSync(func() error { return <-disk })
	ids := id.System()
	org := id.Org(ids.New())
	told := make(chan error, 2)
	for n := range 2 {
		go func() { told <- add(db, org, ids.New()) }()
		waitFor(t, func() bool { return count(t, db) == int64(n+1) })
	}
	select {
	case err := <-told:
		t.Fatalf("a caller was told before the disk had answered: %v", err)
	default:
	}
	disk <- nil // the first; the second may have been there in time to share it
	close(disk)
	for range 2 {
		if err := <-told; err != nil {
			t.Fatal(err)
		}
	}
}

// TestADiskThatFailedIsNotTrusted: after one refusal the same pages may be
// reported as written although they are not.
func TestADiskThatFailedIsNotTrusted(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	table(t, db)
	broken := errors.New("input/output error")
	db.OnSync(func() error { return broken })
	ids := id.System()
	if err := add(db, id.Org(ids.New()), ids.New()); !errors.Is(err, broken) || !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("want the disk's error, got %v", err)
	}
	db.OnSync(func() error { return nil })
	if err := add(db, id.Org(ids.New()), ids.New()); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("a write was taken after the disk had failed: %v", err)
	}
}

// TestWhatOnlyReadsDoesNotWaitForTheDisk: lanes look for work all the time.
func TestWhatOnlyReadsDoesNotWaitForTheDisk(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	table(t, db)
	db.OnSync(func() error { return errors.New("nobody should have asked") })
	err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE thing SET n = 2 WHERE org_id = ?", id.System().New()); err != nil {
			return err
		}
		var n int64
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM thing").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSQLiteLearnsWhichIndexTellsRowsApart: the rows of an organisation are all
// there are, so an index that begins with it and fits the order is no help.
func TestSQLiteLearnsWhichIndexTellsRowsApart(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	table(t, db)
	ids := id.System()
	org := id.Org(ids.New())
	rows := make([][]any, 2000)
	for i := range rows {
		rows[i] = []any{org, ids.New(), int64(i), fmt.Sprintf("w%d", i%500), true, nil}
	}
	if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
		for _, sql := range []string{"CREATE INDEX thing_n ON thing (org_id, n)", "CREATE INDEX thing_word ON thing (org_id, word, flag)"} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return tx.InsertMany(ctx, things, rows)
	}); err != nil {
		t.Fatal(err)
	}
	plan, err := store.Collect(t.Context(), db, func(row store.Row) (string, error) {
		var node, parent, unused int64
		var text string
		err := row.Scan(&node, &parent, &unused, &text)
		return text, err
	}, "EXPLAIN QUERY PLAN SELECT id FROM thing WHERE org_id = ? AND word = ? ORDER BY n", org, "w7")
	if err != nil || !strings.Contains(fmt.Sprint(plan), "thing_word") {
		t.Errorf("the plan is %v, %v", plan, err)
	}
}

func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// TestManyAtOnce: one statement for many rows does what one for each does.
func TestManyAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		ids := id.System()
		org := id.Org(ids.New())
		ours := make([]id.ID, 5)
		var rows [][]any
		for i := range ours {
			ours[i] = ids.New()
			other := any(nil)
			if i == 2 {
				other = org
			}
			rows = append(rows, []any{org, ours[i], int64(i), "w", i%2 == 0, other})
		}
		write := func(what func(context.Context, store.Tx) error) {
			t.Helper()
			if err := db.Write(t.Context(), what); err != nil {
				t.Fatal(err)
			}
		}
		want := func(when, text string) {
			t.Helper()
			got, err := store.Collect(t.Context(), db, func(row store.Row) (string, error) {
				var n int64
				var word string
				var other id.ID
				err := row.Scan(&n, &word, &other)
				return fmt.Sprintf("%d%s%t", n, word, !other.IsZero()), err
			}, "SELECT n, word, other FROM thing WHERE org_id = ? ORDER BY id", org)
			if err != nil || fmt.Sprint(got) != text {
				t.Errorf("%s: %v %v, want %s", when, got, err, text)
			}
		}
		write(func(ctx context.Context, tx store.Tx) error { return tx.InsertMany(ctx, things, rows) })
		want("inserted", "[0wfalse 1wfalse 2wtrue 3wfalse 4wfalse]")

		write(func(ctx context.Context, tx store.Tx) error {
			return tx.UpdateMany(ctx, store.Update{Table: "thing", Set: "n = CASE WHEN n < ? THEN n + ? ELSE n END, word = 'it''s ?', other = ?", Where: "org_id = ? AND id = ?"},
				[][]any{{int64(2), int64(10), nil, org, ours[0]}, {int64(1), int64(10), nil, org, ours[1]}, {int64(9), int64(20), nil, org, ours[2]}})
		})
		want("updated", "[10it's ?false 1it's ?false 22it's ?false 3wfalse 4wfalse]")

		write(func(ctx context.Context, tx store.Tx) error {
			touched, err := tx.UpdateCounted(ctx, store.Update{Table: "thing", Set: "n = n + ?", Where: "org_id = ? AND id = ? AND word = 'w'"},
				[][]any{{int64(1), org, ours[3]}, {int64(1), org, ours[0]}, {int64(1), org, ours[3]}})
			if err == nil && fmt.Sprint(touched) != "[1 0 1]" {
				t.Errorf("touched %v", touched)
			}
			return err
		})
		want("one row twice, one not at all", "[10it's ?false 1it's ?false 22it's ?false 5wfalse 4wfalse]")

		write(func(ctx context.Context, tx store.Tx) error {
			touched, err := tx.UpdateCounted(ctx, store.Update{Table: "thing", Set: "flag = ?", Where: "org_id = ? AND n = ?"},
				[][]any{{true, org, int64(1)}, {true, org, int64(99)}})
			if err == nil && fmt.Sprint(touched) != "[1 0]" {
				t.Errorf("touched %v", touched)
			}
			if err == nil {
				touched, err = tx.UpdateCounted(ctx, store.Update{Table: "thing", Set: "flag = ?", Where: "org_id = ? AND word = ?"},
					[][]any{{true, org, "w"}, {true, org, "nowhere"}})
			}
			if err == nil && fmt.Sprint(touched) != "[2 0]" {
				t.Errorf("touched %v", touched)
			}
			return err
		})

		write(func(ctx context.Context, tx store.Tx) error {
			return tx.DeleteMany(ctx, store.Delete{From: "thing", Where: "org_id = ? AND id = ?"}, [][]any{{org, ours[0]}, {org, ours[4]}})
		})
		want("deleted", "[1it's ?false 22it's ?false 5wfalse]")
	})
}

// TestPostgresLearnsHowLargeTablesAre without waiting for its own rhythm.
func TestPostgresLearnsHowLargeTablesAre(t *testing.T) {
	db := storetest.Open(t, postgrestest.URL(t))
	table(t, db)
	ids := id.System()
	org := id.Org(ids.New())
	rows := make([][]any, 2000)
	for i := range rows {
		rows[i] = []any{org, ids.New(), int64(i), "w", true, nil}
	}
	if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.InsertMany(ctx, things, rows) }); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		var size float64
		if err := db.QueryRow(t.Context(), "SELECT reltuples FROM pg_class WHERE relname = 'thing'").Scan(&size); err != nil {
			t.Fatal(err)
		}
		return size > 1000
	})
}

// TestPostgresFindsRowsOverTheirIndex: also with statements whose plans were
// made while the table was empty.
func TestPostgresFindsRowsOverTheirIndex(t *testing.T) {
	db := storetest.Open(t, postgrestest.URL(t))
	table(t, db)
	ids := id.System()
	org := id.Org(ids.New())
	one := ids.New()
	use := func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE thing SET n = n + 1 WHERE org_id = ? AND id = ?", org, one); err != nil {
			return err
		}
		if err := tx.UpdateMany(ctx, store.Update{Table: "thing", Set: "n = ?", Where: "org_id = ? AND id = ?"}, [][]any{{int64(1), org, one}, {int64(2), org, ids.New()}}); err != nil {
			return err
		}
		return tx.QueryMany(ctx, "SELECT n FROM thing WHERE org_id = ? AND id = ?", [][]any{{org, one}, {org, ids.New()}}, func(int, store.Row) error { return nil })
	}
	write := func(what func(context.Context, store.Tx) error) {
		t.Helper()
		if err := db.Write(t.Context(), what); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 { // by then the server keeps the plans
		write(use)
	}
	rows := [][]any{{org, one, int64(0), "w", true, nil}}
	for i := range 4000 {
		rows = append(rows, []any{org, ids.New(), int64(i), "w", true, nil})
	}
	write(func(ctx context.Context, tx store.Tx) error { return tx.InsertMany(ctx, things, rows) })
	waitFor(t, func() bool {
		var read int64
		write(func(ctx context.Context, tx store.Tx) error {
			if err := use(ctx, tx); err != nil {
				return err
			}
			return tx.QueryRow(ctx, "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'thing'").Scan(&read)
		})
		return read == 0
	})
}
