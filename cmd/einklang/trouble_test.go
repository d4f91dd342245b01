package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"einklang/internal/test/postgrestest"
)

// What an operator can get wrong is told in one line that says what to do.
func TestTroubleAtTheStartIsExplained(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	readOnly, err := os.MkdirTemp("", "einklang-readonly-") // not below t.TempDir, where nobody may not go
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(readOnly) })
	file := filepath.Join(t.TempDir(), "file")
	secret, open := filepath.Join(t.TempDir(), "secret"), filepath.Join(t.TempDir(), "open")
	for _, step := range []error{os.Chmod(readOnly, 0o555), os.WriteFile(file, nil, 0o600), os.WriteFile(secret, []byte("geheim"), 0o600), os.WriteFile(open, []byte("geheim"), 0o600), os.Chmod(open, 0o666)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	serve := func(public, listen, secret string) []string {
		path := filepath.Join(t.TempDir(), "einklang.json")
		text := fmt.Sprintf(`{"data": %q, "public_url": %q, "listen": %q, "apps": [{"key": "main", "app_secret_file": %q, "verify_token_file": %q}]}`, t.TempDir(), public, listen, secret, secret)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{"serve", "--config", path}
	}
	running := startDemo(t, "--empty", "--data", t.TempDir())
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"busy port", []string{"demo", "--empty", "--data", t.TempDir(), "--listen", taken.Addr().String()}, "Choose another with --listen"},
		{"read-only folder", []string{"demo", "--empty", "--data", readOnly, "--listen", "127.0.0.1:0"}, "check its permissions"},
		{"a file for a folder", []string{"demo", "--empty", "--data", file, "--listen", "127.0.0.1:0"}, "choose another with --data"},
		{"PostgreSQL is not there", []string{"demo", "--empty", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--database", "postgres://127.0.0.1:1/x"}, "the database cannot be reached"},
		{"a pooler of transactions", []string{"demo", "--empty", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--database", postgrestest.Bouncer(t, postgrestest.URL(t), "transaction")}, "pool_mode = session"},
		{"an address that is none", []string{"demo", "--empty", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--database", "postgres://%zz"}, "cannot be read"},
		{"a Graph API that is none", []string{"demo", "--empty", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--graph-url", "nonsense"}, "want something like https://"},
		{"no configuration", []string{"serve", "--config", filepath.Join(t.TempDir(), "none.json")}, "name another with --config"},
		{"an address that is not encrypted", serve("http://einklang.example.com", "127.0.0.1:0", secret), "public_url must begin with https"},
		{"a listener that others reach", serve("https://einklang.example.com", "0.0.0.0:0", secret), "name the proxies in trusted_proxies"},
		{"a secret that all can read", serve("https://einklang.example.com", "127.0.0.1:0", open), "run chmod 600 on it"},
		{"folder in use", []string{"demo", "--empty", "--data", dataOf(running), "--listen", "127.0.0.1:0"}, "in use by another Einklang"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := unprivileged(t, c.name == "read-only folder", c.args...).CombinedOutput()
			if err == nil {
				t.Fatal("it started")
			}
			text := strings.TrimSpace(string(out))
			if !strings.Contains(text, c.want) || strings.Contains(text, "goroutine ") || strings.Contains(text, "\n") {
				t.Errorf("it said:\n%s\nwant one line with %q", text, c.want)
			}
		})
	}
}

// dataOf is the folder that a process was started with.
func dataOf(p *process) string {
	for i, arg := range p.cmd.Args {
		if arg == "--data" {
			return p.cmd.Args[i+1]
		}
	}
	return ""
}

// unprivileged runs the program; if it must not be root, to whom permissions
// do not apply, then as nobody.
func unprivileged(t *testing.T, unprivileged bool, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(binary, args...)
	if !unprivileged || os.Geteuid() != 0 {
		return cmd
	}
	who, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(binary), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	cmd.Dir = "/"
	return cmd
}
