package evidence

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Log) Claims() []store.Claim {
	return []store.Claim{
		{Table: "evidence_entry", Column: "owner_id", Erase: "sealed under her key, which is destroyed: the leaf proves, and tells nothing", Expire: "the log proves that nothing was taken out of it", Export: "it proves what is told elsewhere, and its proofs can be had apart"},
	}
}
