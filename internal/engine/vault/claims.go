package vault

import "einklang/internal/engine/store"

// Claims are the columns of this room that name a person: keys change hands when
// people are merged, and are destroyed first of all when one is erased.
func (*Vault) Claims() []store.Claim {
	return []store.Claim{{Table: "data_key", Column: "owner_id", Expire: "a key lasts as long as what it seals", Export: "a key is nothing about her"}}
}
