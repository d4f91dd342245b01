// Package postgrestest gives tests a real PostgreSQL.
//
// Einklang runs on SQLite and on PostgreSQL, and only the real server shows
// how it locks, sorts and recovers. A test asks [URL] for an empty database of
// its own; the server behind it is started once per test process, or once for
// a whole `make test`, which announces it in the variable [Env]. A test that
// takes the server down and up again starts its own with [Start].
//
// The server listens on a Unix socket in a temporary folder only, so no port
// can be taken and nobody else on the network can reach it. A small shell
// process guards it: it holds the reading end of a pipe and, when the test
// process ends in whatever way, stops the server and removes the folder.
//
// Where PostgreSQL is not installed, tests fail and say what to install. They
// are never skipped: a skipped test would look like a kept promise.
package postgrestest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Env names the environment variable with the URL of a running server on which
// tests may create and remove databases.
const Env = "EINKLANG_TEST_POSTGRES"

// timeout bounds every single step against the server.
const timeout = time.Minute

// shared starts the server of this test process when the first test asks. It
// is the package's only state; the guard ends it together with the process.
// The whole Server is kept, not only its address: were it collected as garbage,
// the pipe to the guard would close, and the guard would stop the server.
var shared = sync.OnceValues(func() (*Server, error) {
	if given := os.Getenv(Env); given != "" {
		return &Server{url: given}, nil
	}
	return Launch(Fast)
})

// URL returns the URL of a fresh, empty database on the shared server. It is
// removed when the test ends. The shared server does not wait for the disk;
// what must survive a crash belongs on a server of its own, see [Start].
func URL(tb testing.TB) string {
	tb.Helper()
	s, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	return database(tb, s.url)
}

// Start returns a server for this test alone, stopped and removed when the
// test ends.
func Start(tb testing.TB, d Durability) *Server {
	tb.Helper()
	s, err := Launch(d)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// Database returns the URL of a fresh, empty database on this server. It goes
// when the server goes.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	u, _, err := create(s.url, plain)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

func database(tb testing.TB, base string) string {
	tb.Helper()
	u, name, err := create(base, plain)
	if err != nil {
		tb.Fatal(err)
	}
	removeAfter(tb, base, name)
	return u
}

// removeAfter removes a database when the test ends.
func removeAfter(tb testing.TB, base, name string) {
	tb.Helper()
	tb.Cleanup(func() {
		// FORCE: a pool that a test leaves open must not keep the database.
		if err := run(base, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Error(err)
		}
	})
}

// plain is PostgreSQL's own template: an empty database.
const plain = "template1"

// create copies a template into a database with a random name and returns the
// URL and the name.
func create(base, template string) (dbURL, name string, err error) {
	name = "test_" + strings.ToLower(rand.Text())
	if err := run(base, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		return "", "", err
	}
	dbURL, err = named(base, name)
	return dbURL, name, err
}

// named is the URL of a database on a server.
func named(base, name string) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("%s is not a URL: %w", Env, err)
	}
	u.Path = "/" + name
	return u.String(), nil
}

func run(base, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	c, err := pgx.Connect(ctx, base)
	if err != nil {
		return fmt.Errorf("connecting to the test PostgreSQL: %w", err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
