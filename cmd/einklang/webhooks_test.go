package main

import (
	"context"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

// The command applies what a version before could not, and says how much that is.
func TestWebhooksAreAppliedByTheCommand(t *testing.T) {
	eachEngine(t, func(t *testing.T, where []string, database string) {
		p := startDemo(t, where...)
		change := func(all ...string) {
			db, err := store.Open(t.Context(), database)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			for _, sql := range all {
				if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
					_, err := tx.Exec(ctx, sql)
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
		}
		mended := "DROP TRIGGER stumble"
		if strings.HasPrefix(database, "postgres") {
			mended += " ON message"
			change("CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '23514'; END $$",
				"CREATE TRIGGER stumble BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION stumble()")
		} else {
			change("CREATE TRIGGER stumble BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'refused'); END")
		}
		if !deliver(t, http.DefaultClient, p, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", time.Now())) {
			t.Fatal("the webhook was not taken")
		}
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		config := newConfig(t, dataOf(p), database, t.TempDir(), "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")
		apply := func() string {
			out, err := exec.Command(binary, "webhooks", "apply", "--config", config).Output()
			if err != nil {
				t.Fatal(err)
			}
			return string(out)
		}
		if out := apply(); !strings.Contains(out, ": 0 applied, 1 left") {
			t.Errorf("it said %q before a version that can", out)
		}
		change(mended)
		if out := apply(); !strings.Contains(out, ": 1 applied, 0 left") {
			t.Errorf("it said %q", out)
		}
	})
}
