package vault

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Owners lists whose keys there are, once for each key.
func Owners(ctx context.Context, r store.Reader, org id.Org) ([]id.ID, error) {
	all, err := store.Collect(ctx, r, store.One[id.ID],
		"SELECT owner_id FROM data_key WHERE org_id = ? ORDER BY owner_id", org)
	if err != nil {
		return nil, fmt.Errorf("list the owners of keys: %w", err)
	}
	return all, nil
}

// Given is a key and who is to have it.
type Given struct {
	Org   id.Org
	Key   id.Key
	Owner id.Person
}

// Give hands keys to owners, by the names of the keys. Keys that do not exist
// are passed over.
func Give(ctx context.Context, tx store.Tx, keys []Given) error {
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = []any{k.Owner, k.Org, k.Key}
	}
	if err := tx.UpdateMany(ctx, store.Update{Table: "data_key", Set: "owner_id = ?", Where: "org_id = ? AND id = ?"}, rows); err != nil {
		return fmt.Errorf("give keys back: %w", err)
	}
	return nil
}

// KeyOf names the key that opens a sealed text; false if it is none.
func KeyOf(sealed []byte) (id.Key, bool) {
	if len(sealed) < nonceAt {
		return id.Key{}, false
	}
	return id.Key(sealed[keyAt:nonceAt]), true
}

// HasKey is the condition, in SQL, that the owner in a row of the table c (org_id,
// id) has a key: for queries about very many owners at once.
const HasKey = "EXISTS (SELECT 1 FROM data_key k WHERE k.org_id = c.org_id AND k.owner_id = c.id)"
