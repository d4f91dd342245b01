package contact

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// Keyed is a person and the key that opens her profile; zero if nothing is
// sealed in it.
type Keyed struct {
	Person id.Person
	Key    id.Key
}

// Keyed lists everybody who is neither erased nor merged, with the names of
// the keys that her profile needs, whether they are here or not.
func (b *Book) Keyed(ctx context.Context, r store.Reader, org id.Org) ([]Keyed, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (k Keyed, err error) {
		var profile []byte
		err = row.Scan(&k.Person, &profile)
		k.Key, _ = vault.KeyOf(profile)
		return k, err
	}, "SELECT id, profile FROM contact WHERE org_id = ? AND state IN ('active', 'erasing') ORDER BY id", org)
	if err != nil {
		return nil, fmt.Errorf("list the keys of people: %w", err)
	}
	return all, nil
}

// Exists reports whether there is an entry of a person, even an empty one.
func (b *Book) Exists(ctx context.Context, r store.Reader, org id.Org, person id.Person) (there bool, err error) {
	err = r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM contact WHERE org_id = ? AND id = ?)", org, person).Scan(&there)
	return there, err
}
