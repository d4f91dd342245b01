// Package postgrestest starts a real PostgreSQL for tests. It fails the test,
// and says what to install, when there is none: a test that was skipped has
// proven nothing.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server of the tests' own.
type Server struct {
	bin  string
	dir  string
	port int
	as   *syscall.Credential
	cmd  *exec.Cmd
}

// shared is the server of this test process.
var shared = sync.OnceValues(func() (*Server, error) { return start(false) })

// URL is the address of a fresh, empty database. The server behind it is
// started once for the test process; EINKLANG_TEST_POSTGRES may name one that
// runs already.
func URL(tb testing.TB) string {
	tb.Helper()
	base := os.Getenv("EINKLANG_TEST_POSTGRES")
	if base == "" {
		s, err := shared()
		if err != nil {
			tb.Fatal(err)
		}
		base = s.url("postgres")
	}
	return fresh(tb, base)
}

// Own starts a server for one test, which may stop, kill and start it. Its
// commits are durable.
func Own(tb testing.TB) *Server {
	tb.Helper()
	s, err := start(true)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		s.Stop(tb)
		_ = os.RemoveAll(s.dir)
	})
	return s
}

// URL is the address of a fresh, empty database on this server.
func (s *Server) URL(tb testing.TB) string { return fresh(tb, s.url("postgres")) }

// Dir is the server's data folder.
func (s *Server) Dir() string { return filepath.Join(s.dir, "data") }

func (s *Server) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

func fresh(tb testing.TB, base string) string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		tb.Fatalf("the PostgreSQL of the tests does not answer: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	name := fmt.Sprintf("t%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	config, err := pgx.ParseConfig(base)
	if err != nil {
		tb.Fatal(err)
	}
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", config.User, net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))), name)
}

func start(durable bool) (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "einklang-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir}
	if s.as, err = unprivileged(dir); err != nil {
		return nil, err
	}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	if out, err := s.command("initdb", "-D", s.Dir(), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	settings := fmt.Sprintf("listen_addresses='127.0.0.1'\nport=%d\nunix_socket_directories=''\nmax_connections=200\n", s.port)
	if !durable {
		settings += "fsync=off\nsynchronous_commit=off\nfull_page_writes=off\n"
	}
	f, err := os.OpenFile(filepath.Join(s.Dir(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteString(settings); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return s, s.run()
}

// find looks for Debian's place of the server programs, newest first, then for
// the PATH.
func find() (string, error) {
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	sort.Slice(all, func(i, j int) bool { return major(all[i]) > major(all[j]) })
	if len(all) > 0 {
		return filepath.Dir(all[0]), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errors.New("PostgreSQL is not installed: run make test, which installs it on Debian as root, or install the package postgresql yourself")
}

func major(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}

// unprivileged finds an account to run as: PostgreSQL refuses root.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		if err := os.Chown(dir, int(uid), int(gid)); err != nil { //nolint:gosec // small numbers
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil //nolint:gosec // parsed with 32 bits
	}
	return nil, errors.New("there is no account to run PostgreSQL as")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...) //nolint:gosec // PostgreSQL's own programs
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGQUIT, Setpgid: true}
	return cmd
}

func (s *Server) run() error {
	s.cmd = s.command("postgres", "-D", s.Dir())
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for range 200 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		conn, err := pgx.Connect(ctx, s.url("postgres"))
		cancel()
		if err == nil {
			return conn.Close(context.Background())
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the PostgreSQL of the tests does not start")
}

// Stop stops the server at once, as an operator would in a hurry.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		tb.Error(err)
	}
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Start starts it again, on the same address.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	if err := s.run(); err != nil {
		tb.Fatal(err)
	}
}
