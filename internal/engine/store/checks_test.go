package store_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// A table of old holds a value that nobody knows: the start goes on, the log
// names the column and nothing of the row, and new rows are checked.
func TestOldRowsOutliveACheck(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := addStep(t, db, 1, "of_old"); err != nil {
			t.Fatal(err)
		}
		for start := range 2 {
			log := check(t, db, store.OneOf("moving_step", "step", "tell", "export"))
			if start == 0 && !strings.Contains(log, "table=moving_step column=step") || strings.Contains(log, "of_old") {
				t.Errorf("the log says %q", log)
			}
		}
		if addStep(t, db, 2, "made_up") == nil {
			t.Error("a value that nobody knows was taken")
		}
		if err := addStep(t, db, 3, "tell"); err != nil {
			t.Error(err)
		}
	})
}

// A value is allowed one release before it is written, a check that ended lets
// go, and migrations run beside checks.
func TestChecksFollowTheRelease(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		check(t, db, store.OneOf("moving_step", "step", "tell"))
		if addStep(t, db, 1, "export") == nil {
			t.Error("a value was taken that is not allowed yet")
		}
		check(t, db, store.OneOf("moving_step", "step", "tell").Soon("export", "it's"))
		for i, step := range []string{"tell", "export", "it's"} {
			if err := addStep(t, db, byte(2+i), step); err != nil {
				t.Error(err)
			}
		}
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if addStep(t, db, 9, "made_up") == nil {
			t.Error("a second start took the check away")
		}
		if log := check(t, db); log != "" {
			t.Errorf("the log says %q", log)
		}
		if err := addStep(t, db, 10, "made_up"); err != nil {
			t.Errorf("a check that ended still refuses: %v", err)
		}
	})
}

// Where checks were triggers, they become part of their tables.
func TestTriggersOfOldGo(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TRIGGER check_moving_step_step_0_insert BEFORE INSERT ON moving_step WHEN NEW.step NOT IN ('tell') BEGIN SELECT RAISE(ABORT, 'unknown value'); END")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, db, store.OneOf("moving_step", "step", "tell", "export"))
	if err := addStep(t, db, 1, "export"); err != nil {
		t.Error(err)
	}
	if addStep(t, db, 2, "made_up") == nil {
		t.Error("a value that nobody knows was taken")
	}
	var n int64
	if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'trigger'").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d triggers are left, %v", n, err)
	}
}

// A check of before, written with IN, gives way to the one of today.
func TestListsOfOldGo(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
		for _, sql := range []string{
			"PRAGMA writable_schema = ON",
			"UPDATE sqlite_schema SET sql = rtrim(sql, ') ;' || char(10)) || '), CONSTRAINT check_moving_step_step_00000000 CHECK (step IN (''it''''s'', ''tell'')))' WHERE name = 'moving_step'",
			"PRAGMA writable_schema = RESET",
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, db, store.OneOf("moving_step", "step", "tell", "export", "it's"))
	var text string
	if err := db.QueryRow(t.Context(), "SELECT sql FROM sqlite_schema WHERE name = 'moving_step'").Scan(&text); err != nil || strings.Count(text, "CHECK") != 1 || strings.Contains(text, " IN ") {
		t.Errorf("%v, the table is now %s", err, text)
	}
	check(t, db)
	if err := addStep(t, db, 1, "made_up"); err != nil {
		t.Errorf("a check that ended still refuses: %v", err)
	}
}

// Several nodes that start at once make the checks once.
func TestNodesCheckAtOnce(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		first := storetest.Open(t, url)
		var nodes sync.WaitGroup
		for _, db := range []*store.DB{first, storetest.Open(t, url), storetest.Open(t, url)} {
			nodes.Go(func() {
				for range 3 {
					if err := db.Check(t.Context(), slog.New(slog.DiscardHandler), []store.Check{store.OneOf("moving_step", "step", "tell"), store.OneOf("job", "state", "due")}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		nodes.Wait()
		if addStep(t, first, 1, "made_up") == nil {
			t.Error("a value that nobody knows was taken")
		}
	})
}

func check(t *testing.T, db *store.DB, checks ...store.Check) string {
	t.Helper()
	var log bytes.Buffer
	if err := db.Check(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), checks); err != nil {
		t.Fatal(err)
	}
	return log.String()
}

func addStep(t *testing.T, db *store.DB, org byte, step string) error {
	t.Helper()
	return db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO moving_step (org_id, step, staff_id, done_at) VALUES (?, ?, ?, 0)", id.ID{org}, step, id.ID{1})
		return err
	})
}
