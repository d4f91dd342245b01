package store_test

import (
	"errors"
	"strings"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/postgrestest"
)

// TestAPoolerOfTransactionsIsRefused in words, at the start; one of sessions
// serves.
func TestAPoolerOfTransactionsIsRefused(t *testing.T) {
	url := postgrestest.URL(t)
	db, err := store.Open(t.Context(), postgrestest.Bouncer(t, url, "transaction"))
	if !errors.Is(err, store.ErrPooled) || !strings.Contains(err.Error(), "pool_mode = session") {
		t.Errorf("a pooler of transactions: %v", err)
	}
	if err == nil {
		_ = db.Close()
	}
	if db, err = store.Open(t.Context(), postgrestest.Bouncer(t, url, "session")); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	table(t, db)
	for range 20 {
		if err := add(db, id.Org(id.System().New()), id.System().New()); err != nil {
			t.Error(err)
		}
	}
}
