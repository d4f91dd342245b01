package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"einklang/internal/engine/store"
	"einklang/internal/rights/backup"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
)

// operator runs the real program's commands on an installation.
type operator struct {
	t        *testing.T
	config   string // of the installation that is backed up
	identity string // file
	folder   string // of the backups
	scratch  string // of verifications
}

func (c operator) start(args ...string) (*exec.Cmd, *logBuffer) {
	c.t.Helper()
	cmd, log := exec.Command(binary, args...), &logBuffer{}
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "TMPDIR="+c.scratch), log, log
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	return cmd, log
}

// run lets a command end, and says how long it took.
func (c operator) run(args ...string) time.Duration {
	c.t.Helper()
	began := time.Now()
	cmd, log := c.start(args...)
	if err := cmd.Wait(); err != nil {
		c.t.Fatalf("einklang %s: %v\n%s", strings.Join(args, " "), err, log)
	}
	return time.Since(began)
}

// killed kills a command after a time, and says whether it was still running.
func (c operator) killed(after time.Duration, args ...string) bool {
	c.t.Helper()
	cmd, log := c.start(args...)
	time.Sleep(after)
	_ = cmd.Process.Signal(syscall.SIGKILL)
	err := cmd.Wait()
	if err != nil && cmd.ProcessState.Exited() {
		c.t.Fatalf("einklang %s failed by itself: %v\n%s", strings.Join(args, " "), err, log)
	}
	return err != nil
}

// moments are points in time spread over how long a command takes.
func moments(whole time.Duration) (all []time.Duration) {
	for i := range kills {
		all = append(all, whole*time.Duration(2*i+1)/time.Duration(2*kills))
	}
	return all
}

func newConfig(t testing.TB, data, database, backups, recipient string) string {
	t.Helper()
	c := map[string]any{"data": data, "public_url": "http://127.0.0.1:1", "backup": map[string]any{"folder": backups, "recipients": []string{recipient}}}
	if strings.HasPrefix(database, "postgres") {
		c["database"] = database
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "einklang.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// contents counts the rows of all tables, without those that say when something
// was restored.
func contents(t *testing.T, url string) map[string]int64 {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tables, err := store.Tables(t.Context(), db, db.Engine())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int64{}
	for _, table := range tables {
		if table.Name == "restore" || strings.HasPrefix(table.Name, "search_") {
			continue
		}
		var n int64
		if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM "+table.Name).Scan(&n); err != nil { //nolint:gosec // names from the schema
			t.Fatal(err)
		}
		all[table.Name] = n
	}
	return all
}

// Killed at any moment, a backup leaves nothing that looks like one, a
// verification nothing that holds a key, and a restore nothing that starts; each
// succeeds when it is run again, with the same result.
func TestBackupVerifyAndRestoreSurviveKills(t *testing.T) {
	eachEngine(t, func(t *testing.T, where []string, database string) {
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		c := operator{t: t, identity: filepath.Join(t.TempDir(), "identity.txt"), folder: t.TempDir(), scratch: t.TempDir()}
		if err := os.WriteFile(c.identity, []byte(identity.String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		data := fill(t, where, 1200)
		keepInstallation(t, c.identity, data)
		c.config = newConfig(t, data, database, c.folder, identity.Recipient().String())

		t.Run("backup", func(t *testing.T) {
			c.t = t
			whole := c.run("backup", "--config", c.config)
			names := func() int {
				all, err := backup.Names(context.Background(), backup.Folder(c.folder))
				if err != nil {
					t.Fatal(err)
				}
				return len(all)
			}
			for _, after := range moments(whole) {
				before := names()
				if c.killed(after, "backup", "--config", c.config) && names() != before {
					t.Logf("killed after %s, when the backup was there already", after)
				}
			}
			c.run("backup", "--config", c.config)
			all, err := backup.Names(t.Context(), backup.Folder(c.folder))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range all[:2] { // the last one, and one before it that a kill may have met
				c.run("backup", "verify", "--config", c.config, "--identity", c.identity, "--at", name)
			}
		})
		t.Run("verify", func(t *testing.T) {
			c.t = t
			args := []string{"backup", "verify", "--config", c.config, "--identity", c.identity}
			for _, after := range moments(c.run(args...)) {
				c.killed(after, args...)
			}
			c.run(args...)
			// What was killed before it had taken its lock holds nothing yet.
			left, err := filepath.Glob(filepath.Join(c.scratch, "einklang-verify-*", "data", "*"))
			if err != nil || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
		t.Run("restore", func(t *testing.T) {
			c.t = t
			restore := func(data, database string) []string {
				return []string{"restore", "--config", newConfig(t, data, database, c.folder, identity.Recipient().String()), "--identity", c.identity}
			}
			quiet := emptyPlace(t, database)
			whole := c.run(restore(quiet.data, quiet.url)...)
			var rough installationPlace
			for halves := 0; halves == 0; whole = whole * 3 / 4 { // it may be faster than the undisturbed one
				if whole < 10*time.Millisecond {
					t.Fatal("no kill hit the restore itself")
				}
				rough = emptyPlace(t, database)
				args, ended := restore(rough.data, rough.url), false
				for _, after := range moments(whole) {
					killed := c.killed(after, args...)
					began, unfinished := progress(t, rough.url)
					if ended = !killed || began && !unfinished; ended {
						break
					}
					if unfinished {
						halves++
						out, err := exec.Command(binary, demoArgs(rough)...).CombinedOutput()
						if err == nil || !strings.Contains(string(out), backup.ErrUnfinished.Error()) {
							t.Errorf("on half a restore the program says %v\n%s", err, out)
						}
					}
				}
				if !ended {
					c.run(args...)
				}
			}
			if want, got := contents(t, quiet.url), contents(t, rough.url); !maps.Equal(want, got) || want["message"] != 1200 {
				t.Errorf("after kills: %v\nundisturbed: %v", got, want)
			}
		})
	})
}

// progress reports whether a restore has begun, and whether it has still to end.
func progress(t *testing.T, url string) (began, unfinished bool) {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if unfinished, err = backup.Unfinished(t.Context(), db); err != nil {
		return false, false // there are no tables yet
	}
	var orgs int64
	if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM org").Scan(&orgs); err != nil {
		t.Fatal(err)
	}
	return unfinished || orgs > 0, unfinished
}

func demoArgs(p installationPlace) []string {
	args := []string{"demo", "--empty", "--listen", "127.0.0.1:0", "--data", p.data}
	if strings.HasPrefix(p.url, "postgres") {
		args = append(args, "--database", p.url)
	}
	return args
}

type installationPlace struct{ data, url string }

func emptyPlace(t *testing.T, like string) installationPlace {
	t.Helper()
	data := t.TempDir()
	if strings.HasPrefix(like, "postgres") {
		return installationPlace{data, postgrestest.URL(t)}
	}
	return installationPlace{data, filepath.Join(data, "einklang.db")}
}

// fill lets customers write some messages, stops the program, and returns its
// data folder.
func fill(t *testing.T, where []string, messages int) string {
	t.Helper()
	p := startDemo(t, where...)
	client := &http.Client{Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	at := time.Now()
	for i := range messages {
		body := apptest.Text(fmt.Sprintf("wamid.%06d", i), fmt.Sprintf("4917604%06d", i%100), "Erika Mustermann", fmt.Sprintf("Nachricht %06d", i), at.Add(time.Duration(i)*time.Millisecond))
		if !deliver(t, client, p, body) {
			t.Fatal("a webhook is not taken")
		}
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	return dataOf(p)
}
