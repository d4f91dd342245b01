package audit

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Log) Claims() []store.Claim {
	return []store.Claim{
		{Table: "audit", Column: "contact_id", Erase: "what staff did is kept under the keys of its months", Expire: "the retention run deletes entries by their class", Export: "it tells what staff did, and her own deeds"},
		{Table: "audit_object", Column: "contact_id", Erase: "as its entry", Expire: "as its entry", Export: "as its entry"},
	}
}

// Erase deletes nothing: see the claims.
func (*Log) Erase(context.Context, store.Tx, id.Org, id.Person) (int64, bool, error) {
	return 0, false, nil
}

// Expire deletes nothing: the retention run does, by class.
func (*Log) Expire(context.Context, store.Tx, id.Org, time.Time) error { return nil }
