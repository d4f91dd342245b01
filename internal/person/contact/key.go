package contact

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
	"einklang/internal/rule/phone"
)

// Handle is a keyed hash under which a person is found.
type Handle struct {
	Kind string
	Hash vault.Hash
}

// hash is the keyed hash of a key. A former number has the hash of the number.
func hash(keys *vault.Org, k identity.Key) Handle {
	kind := k.Kind
	if kind == identity.Former {
		kind = identity.Phone
	}
	return Handle{string(k.Kind), keys.Lookup(string(kind), k.Value)}
}

// spelled are the hashes of a key in every spelling under which an earlier
// program may have kept it; today's stands first.
func spelled(keys *vault.Org, k identity.Key) []Handle {
	if k.Kind != identity.Phone && k.Kind != identity.Former {
		return []Handle{hash(keys, k)}
	}
	var all []Handle
	for _, n := range phone.Spellings(phone.Canonical(k.Value)) {
		all = append(all, hash(keys, identity.Key{Kind: k.Kind, Value: n}))
	}
	return all
}

// Spelled hashes an identity of a kind ("phone", "bsuid", "parent_bsuid") in every
// spelling under which it may have been kept: what exists only as a hash is
// looked for by all of them.
func (b *Book) Spelled(ctx context.Context, r store.Reader, org id.Org, kind, value string) ([]Handle, error) {
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return spelled(keys, identity.Key{Kind: identity.Kind(kind), Value: value}), nil
}

// Held are the hashes under which a person is found.
func (b *Book) Held(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]Handle, error) {
	return store.Collect(ctx, r, func(row store.Row) (h Handle, err error) {
		var raw []byte
		err = row.Scan(&h.Kind, &raw)
		copy(h.Hash[:], raw)
		return h, err
	}, "SELECT kind, hash FROM identity WHERE org_id = ? AND contact_id = ?", org, person)
}

// Kinds are the kinds of identity, also of those who were erased.
func Kinds() []string {
	return []string{string(identity.Phone), string(identity.BSUID), string(identity.Parent), string(identity.Former)}
}
