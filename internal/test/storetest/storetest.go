// Package storetest opens a fresh, migrated database of each engine for tests:
// SQLite in a temporary folder and a PostgreSQL that is really started.
package storetest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/test/postgrestest"
)

// Failer is a test, or one run of a property of one (rapid.T).
type Failer interface {
	Helper()
	Context() context.Context
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

// Each runs the same test on both engines.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { test(t, Open(t, url)) })
}

// EachURL runs the same test on both engines and hands it the address of a
// database as Migrate makes it.
func EachURL(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite is the address of an SQLite database as Migrate makes it.
func SQLite(tb testing.TB) string {
	tb.Helper()
	file, err := migrated()
	if err != nil {
		tb.Fatal(err)
	}
	address := EmptySQLite(tb)
	if err := os.WriteFile(strings.TrimPrefix(address, "sqlite:"), file, 0o600); err != nil {
		tb.Fatal(err)
	}
	return address
}

// EmptySQLite is the address of an SQLite database that is not there yet.
func EmptySQLite(tb testing.TB) string {
	tb.Helper()
	return "sqlite:" + filepath.Join(tb.TempDir(), "einklang.db")
}

// Postgres is the address of a PostgreSQL database as Migrate makes it.
// postgrestest.URL is an empty one.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return template.Copy(tb)
}

// migrated is the file of an SQLite database that Migrate has made, once in a
// test process: a copy takes a fraction of the time.
var migrated = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "einklang-template-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "einklang.db")
	if err := migrate(context.Background(), path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // G304: the path is our own
})

// template is the same on PostgreSQL, once on a server.
var template = &postgrestest.Template{Name: "migrated_" + store.Steps(), Fill: migrate}

func migrate(ctx context.Context, url string) (err error) {
	db, err := store.Open(ctx, url, store.Logging(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Migrate(ctx)
}

// Open opens and migrates the database at an address and closes it with the
// test.
func Open(tb testing.TB, url string, options ...store.Option) *store.DB {
	tb.Helper()
	db, err := store.Open(tb.Context(), url, append([]store.Option{store.Logging(slog.New(slog.DiscardHandler))}, options...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db
}
