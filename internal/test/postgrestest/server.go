package postgrestest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Durability says whether a commit waits for the disk.
type Durability string

const (
	// Durable is PostgreSQL as in production, for crash tests and benchmarks.
	Durable Durability = "on"
	// Fast never waits for the disk, for tests of behaviour.
	Fast Durability = "off"
)

// more is what else the server is told. One that waits for no disk keeps many
// databases for a moment each: nobody cleans up in them, and copies of
// templates go file by file instead of through the write-ahead log.
func (d Durability) more() string {
	if d == Durable {
		return ""
	}
	return "-c synchronous_commit=off -c autovacuum=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=8GB -c checkpoint_timeout=1h"
}

// Server is a PostgreSQL that can be stopped, killed and started again on the
// same data. It is not for use by several goroutines at once.
type Server struct {
	url   string
	dir   string
	guard *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
}

// script is the guard. It obeys one word per line and answers each with an
// exit code; when its input ends, it stops the server and removes the folder.
const script = `
bin=$1 dir=$2 fsync=$3 more=$4
init() { "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync; }
start() {
	"$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -o "-k $dir -p 5432 \
-c listen_addresses= -c max_connections=200 -c fsync=$fsync -c full_page_writes=$fsync $more" start
}
stop() { "$bin/pg_ctl" -D "$dir/data" -m "$1" -w -t 60 stop; }
while read -r word; do
	case $word in
	init) init ;;
	start) start ;;
	stop) stop fast ;;
	kill) stop immediate ;;
	esac >>"$dir/guard" 2>&1 </dev/null
	echo $?
done
stop immediate >/dev/null 2>&1
cd / && rm -rf "$dir"
`

// Launch starts a server outside of a test. The caller closes it.
func Launch(d Durability) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	who, err := account()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "einklang-pg-")
	if err != nil {
		return nil, fmt.Errorf("folder for the test PostgreSQL: %w", err)
	}
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, fmt.Errorf("folder for the test PostgreSQL: %w", err)
		}
	}
	s, err := newServer(bin, dir, d, who)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	for _, word := range []string{"init", "start"} {
		if err := s.tell(word); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

func newServer(bin, dir string, d Durability, who *syscall.Credential) (*Server, error) {
	q := url.Values{"host": {dir}, "port": {"5432"}}
	s := &Server{
		url: "postgres://postgres@/postgres?" + q.Encode(),
		dir: dir,
		//nolint:gosec // G204: fixed script, arguments found on this machine
		guard: exec.Command("/bin/sh", "-c", script, "guard", bin, dir, string(d), d.more()),
	}
	s.guard.Dir = dir
	// A group of its own: Ctrl-C must reach the test, not its guard.
	s.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: who}
	in, err := s.guard.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("guard of the test PostgreSQL: %w", err)
	}
	out, err := s.guard.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("guard of the test PostgreSQL: %w", err)
	}
	s.in, s.out = in, bufio.NewReader(out)
	if err := s.guard.Start(); err != nil {
		return nil, fmt.Errorf("guard of the test PostgreSQL: %w", err)
	}
	return s, nil
}

// URL returns the URL of the server's maintenance database.
func (s *Server) URL() string { return s.url }

// Folder returns the folder with all that the server writes: tables, the
// write-ahead log, its own log.
func (s *Server) Folder() string { return s.dir }

// Stop shuts the server down in order; open connections are cut.
func (s *Server) Stop() error { return s.tell("stop") }

// Kill ends the server as a crash does: nothing is written any more, and the
// next start recovers from the write-ahead log.
func (s *Server) Kill() error { return s.tell("kill") }

// Start starts a stopped or killed server again on the same data and URL.
func (s *Server) Start() error { return s.tell("start") }

// Close stops the server and removes its folder.
func (s *Server) Close() error {
	if err := s.in.Close(); err != nil {
		return fmt.Errorf("ending the test PostgreSQL: %w", err)
	}
	// The guard's own exit code is that of rm.
	if err := s.guard.Wait(); err != nil {
		return fmt.Errorf("ending the test PostgreSQL: %w", err)
	}
	return nil
}

func (s *Server) tell(word string) error {
	if _, err := fmt.Fprintln(s.in, word); err != nil {
		return fmt.Errorf("test PostgreSQL, %s: %w", word, err)
	}
	answer, err := s.out.ReadString('\n')
	if err != nil {
		return fmt.Errorf("test PostgreSQL, %s: %w", word, err)
	}
	if code := strings.TrimSpace(answer); code != "0" {
		return fmt.Errorf("test PostgreSQL, %s: exit code %s\n%s", word, code, s.logs())
	}
	return nil
}

// logs returns what the guard and the server wrote, to explain a failure.
func (s *Server) logs() string {
	var b strings.Builder
	for _, name := range []string{"guard", "log"} {
		text, err := os.ReadFile(filepath.Join(s.dir, name))
		if err == nil {
			b.Write(text)
		}
	}
	return b.String()
}

var errMissing = errors.New("PostgreSQL is not installed, and the tests need a real one: " +
	"run scripts/need, or apt-get install postgresql")

// binaries finds the folder with initdb and pg_ctl: Debian's newest version,
// which is not in PATH there, else whatever PATH has.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", fmt.Errorf("looking for PostgreSQL: %w", err)
	}
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", errMissing
}

// version reads 15 from /usr/lib/postgresql/15/bin/initdb; 0 when it cannot.
func version(initdb string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	if err != nil {
		return 0
	}
	return n
}

// account returns whom to run the server as: PostgreSQL refuses root, so root
// hands over to the package's own user, else to nobody. Nil means stay.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, fmt.Errorf("account %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}
