package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"filippo.io/age"

	"einklang/internal/engine/store"
)

// served is a company's server with a configuration file, on SQLite.
type served struct {
	dir, config, data string
	log               *logBuffer
	cmd               *exec.Cmd
}

func newServed(t *testing.T) *served {
	t.Helper()
	s := &served{dir: t.TempDir()}
	s.data, s.config = filepath.Join(s.dir, "data"), filepath.Join(s.dir, "einklang.json")
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	c, err := json.Marshal(map[string]any{"data": s.data, "public_url": "http://127.0.0.1:1", "listen": "127.0.0.1:0", "graph_url": "http://127.0.0.1:1",
		"apps":   []any{map[string]any{"key": "main", "app_secret_file": filepath.Join(s.dir, "secret"), "verify_token_file": filepath.Join(s.dir, "secret")}},
		"backup": map[string]any{"folder": filepath.Join(s.dir, "backups"), "recipients": []string{identity.Recipient().String()}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"einklang.json": string(c), "secret": "ein-langes-geheimnis\n", "identity": identity.String() + "\n"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// start runs the server and waits until it takes commands.
func (s *served) start(t *testing.T) {
	t.Helper()
	s.log = &logBuffer{}
	s.cmd = exec.Command(binary, "serve", "--config", s.config)
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.Dir = s.log, s.log, "/"
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.end(t, syscall.SIGKILL) })
	until(t, "the server runs", func() bool { return strings.Contains(s.log.String(), "einklang is running") })
}

func (s *served) end(t *testing.T, how syscall.Signal) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(how)
	err := s.cmd.Wait()
	s.cmd = nil
	if how == syscall.SIGTERM && err != nil {
		t.Errorf("ending: %v\n%s", err, s.log)
	}
}

// run runs a command in the folder of the operator.
func (s *served) run(args ...string) (string, error) {
	cmd := exec.Command(binary, append(args, "--config", s.config)...)
	cmd.Dir = s.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// entries counts what is written down of what was done. All of it has ended.
func (s *served) entries(t *testing.T) (n int64) {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(s.data, "einklang.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var going int64
	if err := db.QueryRow(t.Context(), "SELECT COUNT(*), COUNT(CASE WHEN long AND end_leaf IS NULL THEN 1 END) FROM audit").Scan(&n, &going); err != nil {
		t.Fatal(err)
	}
	if going > 0 {
		t.Errorf("%d of what was done is said not to have ended", going)
	}
	return n
}

// commandRuns are the commands that work on an installation, in an order in which each
// has what it needs, and how many entries each leaves in the audit log.
var commandRuns = []struct {
	args    []string
	says    string
	entries int64
}{
	{[]string{"migrate"}, "up to date", 0},
	{[]string{"org", "beispiel", "Beispiel GmbH"}, "", 1},
	{[]string{"number", "--org", "beispiel", "--app", "main", "--phone-number-id", "106540352242922", "--waba-id", "102290129340398", "--display", "+49 30 23125000",
		"--name", "Kundendienst", "--token-file", "secret", "--agreement", "2030-01-01"}, "", 1},
	{[]string{"user", "--org", "beispiel", "--email", "admin@example.com", "--name", "Sascha Beispiel", "--role", "admin", "--password-file", "secret"}, "", 1},
	{[]string{"user", "--org", "beispiel", "--email", "admin@example.com", "--again", "--password-file", "secret"}, "", 1},
	{[]string{"user", "factors", "--org", "beispiel", "--email", "admin@example.com"}, "", 1},
	{[]string{"token", "--org", "beispiel", "Kasse"}, "", 1},
	{[]string{"keys", "--rotate-org", "beispiel"}, "", 1},
	{[]string{"keys", "--rotate-root"}, "", 1},
	{[]string{"search", "rebuild"}, "beispiel: 0 messages read", 1},
	{[]string{"webhooks", "apply"}, "beispiel: 0 applied, 0 left", 0}, // it changed nothing
	{[]string{"evidence", "export", "--org", "beispiel", "evidence.jsonl"}, "", 1},
	{[]string{"archive", "export", "--org", "beispiel", "archive.zip"}, "", 1},
	{[]string{"backup"}, "backup ", 1},
}

// Each command does the same while the server runs, in it, and when none runs,
// by itself; each that changes something or hands something out is written down
// once. Files are those of whoever types the command.
func TestCommandsWorkWhileTheServerRuns(t *testing.T) {
	for _, running := range []bool{true, false} {
		name := map[bool]string{true: "beside a server", false: "alone"}[running]
		t.Run(name, func(t *testing.T) {
			s := newServed(t)
			if running {
				s.start(t)
			}
			for _, c := range commandRuns {
				var before int64
				if c.entries > 0 && c.args[0] != "org" {
					before = s.entries(t)
				}
				out, err := s.run(c.args...)
				if err != nil || !strings.Contains(out, c.says) {
					t.Fatalf("%s: %v\n%s", strings.Join(c.args, " "), err, out)
				}
				if got := s.entries(t) - before; c.args[0] != "migrate" && c.args[0] != "webhooks" && got != c.entries {
					t.Errorf("%s left %d entries, want %d", strings.Join(c.args, " "), got, c.entries)
				}
				if running && !strings.Contains(s.log.String(), "command="+c.args[0]) {
					t.Errorf("%s was not done by the server", strings.Join(c.args, " "))
				}
			}
			if out, err := s.run("evidence", "export", "--org", "beispiel", "evidence.jsonl"); err == nil || !strings.Contains(out, "cannot be written") {
				t.Errorf("over a file that exists: %v\n%s", err, out)
			}
			if out, err := exec.Command(binary, "evidence", "verify", filepath.Join(s.dir, "evidence.jsonl")).CombinedOutput(); err != nil {
				t.Errorf("the exported evidence: %v\n%s", err, out)
			}
			if out, err := s.run("token", "--org", "niemand", "x"); err == nil || strings.Count(strings.TrimSpace(out), "\n") > 0 {
				t.Errorf("an organisation that is not there: %v\n%s", err, out)
			}
			if _, err := s.run("evidence", "export", "--org", "niemand", "none.jsonl"); err == nil {
				t.Error("the evidence of nobody was exported")
			} else if _, err := os.Stat(filepath.Join(s.dir, "none.jsonl")); err == nil {
				t.Error("a command that failed left a file")
			}
			out, err := s.run("restore", "--identity", filepath.Join(s.dir, "identity"), "--unchecked")
			if running && (err == nil || !strings.Contains(out, "needs the data folder")) {
				t.Errorf("a restore beside a server: %v\n%s", err, out)
			}
			s.end(t, syscall.SIGTERM)
			if _, err := os.Lstat(filepath.Join(s.data, "einklang.sock")); err == nil {
				t.Error("the socket is left behind")
			}
		})
	}
}

// A server that was killed leaves its socket; the next one takes its place, and
// so does a command.
func TestAKilledServerLeavesNothingInTheWay(t *testing.T) {
	s := newServed(t)
	s.start(t)
	if out, err := s.run("org", "beispiel", "Beispiel GmbH"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.end(t, syscall.SIGKILL)
	if out, err := s.run("token", "--org", "beispiel", "Kasse"); err != nil {
		t.Errorf("alone: %v\n%s", err, out)
	}
	s.start(t)
	if out, err := s.run("token", "--org", "beispiel", "Laden"); err != nil || !strings.Contains(s.log.String(), "command=token") {
		t.Errorf("beside the next: %v\n%s\n%s", err, out, s.log)
	}
}
