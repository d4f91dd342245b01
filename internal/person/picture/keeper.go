package picture

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Album) Claims() []store.Claim {
	return []store.Claim{
		{Table: "portrait", Column: "contact_id", Expire: "a picture stands until staff take it off"},
	}
}

// Expire deletes nothing: see the claim.
func (*Album) Expire(context.Context, store.Tx, id.Org, time.Time) error { return nil }
