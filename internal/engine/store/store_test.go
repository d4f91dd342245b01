package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

func table(t *testing.T, db *store.DB) {
	t.Helper()
	err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE thing (org_id BYTEA NOT NULL, id BYTEA NOT NULL, n BIGINT NOT NULL, word TEXT NOT NULL, flag BOOLEAN NOT NULL, other BYTEA, PRIMARY KEY (org_id, id))")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	things = store.Insert{Into: "thing (org_id, id, n, word, flag, other)"}
	insert = things.One()
)

func count(t *testing.T, db *store.DB) int64 {
	t.Helper()
	var n int64
	if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM thing").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		org, one := id.Org(id.System().New()), id.System().New()
		write := func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, insert, org, one, int64(7), "ein ? im Text", true, id.ID{})
			return err
		}
		if err := db.Write(t.Context(), write); err != nil {
			t.Fatal(err)
		}
		var gotOrg, gotOther id.Org
		var raw []byte
		var n int64
		var word string
		var flag bool
		row := db.QueryRow(t.Context(), "SELECT org_id, id, n, word, flag, other FROM thing WHERE org_id = ? AND word <> '?' AND flag = TRUE", org)
		if err := row.Scan(&gotOrg, &raw, &n, &word, &flag, &gotOther); err != nil {
			t.Fatal(err)
		}
		if gotOrg != org || !bytes.Equal(raw, one[:]) || n != 7 || word != "ein ? im Text" || !flag || !gotOther.IsZero() {
			t.Fatal(gotOrg, raw, n, word, flag, gotOther)
		}
		err := db.QueryRow(t.Context(), "SELECT n FROM thing WHERE org_id = ?", one).Scan(&n)
		if !errors.Is(err, store.ErrNoRows) {
			t.Fatalf("want ErrNoRows, got %v", err)
		}
	})
}

func TestManyInOneTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		ids := id.System()
		org := id.Org(ids.New())
		var rows, keys [][]any
		for i := range 100 {
			k := ids.New()
			rows = append(rows, []any{org, k, int64(i), "w", false, nil})
			keys = append(keys, []any{org, k})
		}
		keys = append(keys[:50:50], append([][]any{{org, ids.New()}}, keys[50:]...)...)
		rows = append(rows, rows[3])
		err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			isNew, err := tx.InsertNew(ctx, things, rows)
			if err != nil {
				return err
			}
			if len(isNew) != 101 || !isNew[0] || isNew[100] {
				return fmt.Errorf("new: %v", isNew)
			}
			found := map[int]int64{}
			err = tx.QueryMany(ctx, "SELECT n FROM thing WHERE org_id = ? AND id = ?", keys, func(i int, row store.Row) error {
				var n int64
				err := row.Scan(&n)
				found[i] = n
				return err
			})
			if _, there := found[50]; err != nil || len(found) != 100 || found[49] != 49 || found[51] != 50 || there {
				return fmt.Errorf("found %v, %w", found, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestOneFailureUndoesOnlyItsOwnWork(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		org := id.Org(id.System().New())
		ids := id.System()
		refused := errors.New("refused")
		var wg sync.WaitGroup
		var hooks sync.Map
		for i := range 200 {
			wg.Go(func() {
				err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
					tx.AfterCommit(func() { hooks.Store(i, true) })
					if _, err := tx.Exec(ctx, insert, org, ids.New(), int64(i), "w", true, nil); err != nil {
						return err
					}
					switch i % 4 {
					case 0:
						return refused
					case 1:
						panic("out of the blue")
					case 2: // a failed statement whose error is swallowed
						_, _ = tx.Exec(ctx, insert, org, nil, nil, "w", true, nil)
					}
					return nil
				})
				if i%4 == 0 && !errors.Is(err, refused) || i%4 == 3 && err != nil || i%4 != 3 && err == nil {
					t.Errorf("work %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := count(t, db); n != 50 {
			t.Fatalf("%d rows, want 50", n)
		}
		hooked := 0
		hooks.Range(func(i, _ any) bool {
			if i.(int)%4 != 3 {
				t.Errorf("the hook of failed work %d ran", i)
			}
			hooked++
			return true
		})
		if hooked != 50 {
			t.Fatalf("%d hooks ran, want 50", hooked)
		}
	})
}

func TestACallerThatGivesUpHurtsNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		org, ids := id.Org(id.System().New()), id.System()
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%3)*time.Millisecond)
				defer cancel()
				_ = db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
					_, err := tx.Exec(ctx, insert, org, ids.New(), int64(i), "w", true, nil)
					return err
				})
			})
		}
		wg.Wait()
		err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, insert, org, ids.New(), int64(0), "w", true, nil)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestSnapshotSeesOneMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		org, ids := id.Org(id.System().New()), id.System()
		err := db.Snapshot(t.Context(), func(ctx context.Context, r store.Reader) error {
			var before, after int64
			if err := r.QueryRow(ctx, "SELECT COUNT(*) FROM thing").Scan(&before); err != nil {
				return err
			}
			err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Exec(ctx, insert, org, ids.New(), int64(0), "w", true, nil)
				return err
			})
			if err != nil {
				return err
			}
			if err := r.QueryRow(ctx, "SELECT COUNT(*) FROM thing").Scan(&after); err != nil {
				return err
			}
			if before != after {
				return fmt.Errorf("saw %d, then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestMigrateTwiceAndClosed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		err := db.Write(context.Background(), func(context.Context, store.Tx) error { return nil })
		if !errors.Is(err, store.ErrClosed) {
			t.Fatalf("want ErrClosed, got %v", err)
		}
	})
}

func TestSQLiteKeepsItsFileToItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "einklang.db")
	storetest.Open(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %o", info.Mode().Perm())
	}
}

func TestOrganisationLeadsEveryKey(t *testing.T) {
	installationWide := map[string]string{
		"org":              "the organisations themselves",
		"route":            "a webhook comes before its organisation is known",
		"sign_in":          "an e-mail address comes before its organisation is known",
		"session":          "so does a cookie",
		"api_token":        "so does a token",
		"password_link":    "so does a link",
		"passkey_visit":    "a passkey comes before it is known whose it is",
		"sign_in_step":     "so does the cookie of a sign-in that waits for a factor",
		"device_login":     "so does the name with which a phone signs in",
		"device_link":      "so does a link",
		"transfer":         "counted at the wire of the installation",
		"intake_beat":      "the installation is reachable, or not",
		"intake_gap":       "the installation is reachable, or not",
		"relay_beat":       "a letter box serves the installation",
		"restore":          "the installation is restored as a whole",
		"goose_db_version": "the schema's own version",
	}
	db := storetest.Open(t, storetest.SQLite(t))
	tables, err := store.Collect(t.Context(), db, func(r store.Row) (string, error) {
		var name string
		return name, r.Scan(&name)
	}, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	if err != nil || len(tables) < 20 {
		t.Fatal(tables, err)
	}
	for _, name := range tables {
		if installationWide[name] != "" {
			continue
		}
		var first string
		err := db.QueryRow(t.Context(), "SELECT name FROM pragma_table_info(?) WHERE pk = 1", name).Scan(&first)
		if err != nil || first != "org_id" {
			t.Errorf("the key of %s begins with %q (%v)", name, first, err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, url := range map[string]string{"sqlite": storetest.SQLite(b)} {
		db := storetest.Open(b, url)
		ids := id.System()
		org := id.Org(ids.New())
		err := db.Write(b.Context(), func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "CREATE TABLE thing (org_id BYTEA NOT NULL, id BYTEA NOT NULL, n BIGINT NOT NULL, word TEXT NOT NULL, flag BOOLEAN NOT NULL, other BYTEA, PRIMARY KEY (org_id, id))")
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(db.Engine(), func(b *testing.B) {
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					err := db.Write(context.Background(), func(ctx context.Context, tx store.Tx) error {
						_, err := tx.Exec(ctx, insert, org, ids.New(), int64(1), "w", true, nil)
						return err
					})
					if err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func TestManyValuesInOneQuery(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		values := make([]int64, 1300)
		for i := range values {
			values[i] = int64(i)
		}
		for _, n := range []int{0, 1, 2, 3, 511, 512, 513, 1300} {
			got, err := store.CollectIn(t.Context(), db, func(row store.Row) (v int64, err error) {
				err = row.Scan(&v)
				return v, err
			}, "WITH RECURSIVE n (v) AS (SELECT 0 UNION ALL SELECT v + 1 FROM n WHERE v < 2000) SELECT v FROM n WHERE v < ? AND v IN (?) ORDER BY v", values[:n], int64(1200))
			if err != nil || len(got) != min(n, 1200) || len(got) > 0 && got[len(got)-1] != int64(min(n, 1200)-1) {
				t.Errorf("%d values: %d rows, %v", n, len(got), err)
			}
		}
	})
}

// TestAnOlderProgramRefusesANewerDatabase instead of passing over what it does not
// know.
func TestAnOlderProgramRefusesANewerDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999999, TRUE)")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context()); !errors.Is(err, store.ErrNewer) {
			t.Errorf("an older program on a newer database: %v", err)
		}
	})
}
