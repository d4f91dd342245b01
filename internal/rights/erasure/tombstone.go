package erasure

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
)

// Tombstones remember erased people by keyed hashes of their identities.
type Tombstones struct {
	People interface {
		Spelled(ctx context.Context, r store.Reader, org id.Org, kind, value string) ([]contact.Handle, error)
	}
}

// Erased reports whether an identity belongs to an erased person, who must not
// be brought back by an import, however her number is written. A person who
// writes to us herself is a new person.
func (t Tombstones) Erased(ctx context.Context, r store.Reader, org id.Org, kind, value string) (there bool, err error) {
	all, err := t.People.Spelled(ctx, r, org, kind, value)
	for i := 0; i < len(all) && err == nil && !there; i++ {
		err = r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM tombstone WHERE org_id = ? AND kind = ? AND hash = ?)", org, all[i].Kind, all[i].Hash).Scan(&there)
	}
	return there, err
}

// Follow lets the tombstone of a person follow her to identities that turn out
// to be hers: who was erased under an old number is not brought back under the
// new one. It reports whether one of them is erased.
func (Tombstones) Follow(ctx context.Context, tx store.Tx, org id.Org, hers []contact.Handle) (bool, error) {
	var contact id.Person
	var at, until int64
	for _, h := range hers {
		var c id.Person
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
