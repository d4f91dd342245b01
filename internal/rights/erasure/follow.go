package erasure

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Follow lets the tombstone of a person follow her to identities that turn out
// to be hers: who was erased under an old number is not brought back under the
// new one. It reports whether one of them is buried.
func Follow(ctx context.Context, tx store.Tx, org id.ID, hers []Handle) (bool, error) {
	var contact id.ID
	var at, until int64
	for _, h := range hers {
		var c id.ID
		var a, u int64
		err := tx.QueryRow(ctx, "SELECT contact_id, at, until FROM tombstone WHERE org_id = ? AND kind = ? AND hash = ?", org, h.Kind, h.Hash).Scan(&c, &a, &u)
		if errors.Is(err, store.ErrNoRows) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("look for an erased person: %w", err)
		}
		if u > until {
			contact, at, until = c, a, u
		}
	}
	if until == 0 {
		return false, nil
	}
	graves := make([][]any, len(hers))
	for i, h := range hers {
		graves[i] = []any{org, h.Kind, h.Hash, contact, at, until}
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "tombstone (org_id, kind, hash, contact_id, at, until)", Upsert: "(org_id, kind, hash) DO NOTHING"}, graves); err != nil {
		return false, fmt.Errorf("let a tombstone follow: %w", err)
	}
	return true, nil
}
