package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/test/postgrestest"
)

// stuck keeps each change of a data key from ending.
const (
	stuckLite     = "CREATE TRIGGER stuck BEFORE UPDATE ON data_key BEGIN SELECT (WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT MAX(n) FROM c); END"
	stuckPostgres = `CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
		CREATE TRIGGER stuck BEFORE UPDATE ON data_key FOR EACH ROW EXECUTE FUNCTION stuck()`
)

// A command that is killed half-way has said in its first transaction that it
// began, and it can be seen that it never ended.
func TestAKilledCommandIsSeen(t *testing.T) {
	for name, database := range map[string]func(*testing.T, string) string{
		"sqlite":   func(_ *testing.T, data string) string { return filepath.Join(data, "einklang.db") },
		"postgres": func(t *testing.T, _ string) string { t.Helper(); return postgrestest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			url := database(t, data)
			config := newConfig(t, data, url, t.TempDir(), "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")
			command := func(args ...string) *exec.Cmd { return exec.Command(binary, append(args, "--config", config)...) }
			if out, err := command("org", "beispiel", "Beispiel GmbH").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			stuck := stuckLite
			if strings.HasPrefix(url, "postgres") {
				stuck = stuckPostgres
			}
			with(t, url, func(db *store.DB) error {
				return db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
					_, err := tx.Exec(ctx, stuck)
					return err
				})
			})

			rotate := command("keys", "--rotate-org", "beispiel")
			if err := rotate.Start(); err != nil {
				t.Fatal(err)
			}
			began, ended := int64(0), int64(0)
			for give := time.Now().Add(20 * time.Second); began == 0 && time.Now().Before(give); time.Sleep(20 * time.Millisecond) {
				with(t, url, func(db *store.DB) error {
					return db.QueryRow(t.Context(), "SELECT COUNT(*), COUNT(end_leaf) FROM audit WHERE act = 'keys.changed' AND long").Scan(&began, &ended)
				})
			}
			if err := rotate.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = rotate.Wait()
			if began != 1 || ended != 0 {
				t.Errorf("%d have begun and %d ended", began, ended)
			}
			with(t, url, func(db *store.DB) error {
				var made, used int64
				err := db.QueryRow(t.Context(), "SELECT (SELECT MAX(generation) FROM org_key), (SELECT MAX(generation) FROM data_key)").Scan(&made, &used)
				if made != used+1 {
					t.Errorf("key %d was made and %d is used: it was not killed half-way", made, used)
				}
				return err
			})
		})
	}
}

// with does something with the database, beside the command.
func with(t *testing.T, url string, do func(*store.DB) error) {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := do(db); err != nil {
		t.Fatal(err)
	}
}
