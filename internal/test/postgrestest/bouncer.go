package postgrestest

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Bouncer puts a real PgBouncer in front of a database, with a pool mode (session
// or transaction), and returns its URL. It ends with the test.
func Bouncer(tb testing.TB, databaseURL, mode string) string {
	tb.Helper()
	binary, err := exec.LookPath("pgbouncer")
	if err != nil {
		binary = "/usr/sbin/pgbouncer" // where a plain user does not look
	}
	who, err := account()
	if err != nil {
		tb.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "einklang-bouncer-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	server, err := url.Parse(databaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	const port = "6432"
	config := fmt.Sprintf("[databases]\n* = host=%s port=%s user=%s\n[pgbouncer]\nunix_socket_dir = %s\nlisten_port = %s\nauth_type = any\npool_mode = %s\ndefault_pool_size = 40\nignore_startup_parameters = extra_float_digits\n",
		server.Query().Get("host"), server.Query().Get("port"), server.User.Username(), dir, port, mode)
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		tb.Fatal(err)
	}
	if who != nil {
		for _, path := range []string{dir, file} {
			if err := os.Chown(path, int(who.Uid), int(who.Gid)); err != nil {
				tb.Fatal(err)
			}
		}
	}
	var said strings.Builder
	p := exec.Command(binary, file)
	p.Dir, p.Stdout, p.Stderr, p.SysProcAttr = dir, &said, &said, &syscall.SysProcAttr{Credential: who}
	if err := p.Start(); err != nil {
		tb.Fatalf("PgBouncer is needed (scripts/need pgbouncer): %v", err)
	}
	tb.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	through := *server
	through.RawQuery = url.Values{"host": {dir}, "port": {port}}.Encode()
	for end := time.Now().Add(timeout); ; time.Sleep(20 * time.Millisecond) {
		c, err := pgx.Connect(tb.Context(), through.String())
		if err == nil {
			_ = c.Close(tb.Context())
			return through.String()
		}
		if time.Now().After(end) {
			tb.Fatalf("PgBouncer does not answer: %v\n%s", err, said.String())
		}
	}
}
