// Package storetest opens a fresh, migrated database of each engine for tests:
// SQLite in a temporary folder and a PostgreSQL that is really started.
package storetest

import (
	"context"
	"log/slog"
	"path/filepath"
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

// Each runs the same test on both engines, at the same time: what is outside of it
// must be read only, and nothing may come after it.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { test(t, Open(t, url)) })
}

// EachURL is Each with the address of an empty database.
func EachURL(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	InTurn(t, func(t *testing.T, url func(testing.TB) string) {
		t.Parallel()
		test(t, url(t))
	})
}

// InTurn runs the same test on one engine after the other: for those that measure
// the whole process, or go on after both. It hands over what makes an empty
// database.
func InTurn(t *testing.T, test func(t *testing.T, url func(testing.TB) string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite) })
	t.Run("postgres", func(t *testing.T) { test(t, postgrestest.URL) })
}

// SQLite is the address of an empty SQLite database.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return "sqlite:" + filepath.Join(tb.TempDir(), "einklang.db")
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
