// Package vaulttest opens a vault for tests.
package vaulttest

import (
	"path/filepath"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// Open makes a vault with a new root key over a migrated database.
func Open(tb testing.TB, db *store.DB) *vault.Vault {
	tb.Helper()
	root, err := vault.CreateRoot(filepath.Join(tb.TempDir(), "root.key"))
	if err != nil {
		tb.Fatal(err)
	}
	v, err := vault.Open(tb.Context(), db, root, id.System(), time.Now)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}
