package evidence

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Log) Claims() []store.Claim {
	return []store.Claim{
		{Table: "evidence_entry", Column: "owner_id", Erase: "sealed under her key, which is destroyed: the leaf proves, and tells nothing", Expire: "the log proves that nothing was taken out of it", Export: "it proves what is told elsewhere, and its proofs can be had apart"},
	}
}

// Erase deletes nothing: with her key her entries become unreadable.
func (*Log) Erase(context.Context, store.Tx, id.Org, id.Person) (int64, bool, error) {
	return 0, false, nil
}

// Expire deletes nothing: see the claim.
func (*Log) Expire(context.Context, store.Tx, id.Org, time.Time) error { return nil }
