package attribute

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Attributes) Claims() []store.Claim {
	return []store.Claim{
		{Table: "attribute_value", Column: "contact_id", Expire: "an attribute stands until staff take it off"},
	}
}

// Expire deletes nothing: see the claim.
func (*Attributes) Expire(context.Context, store.Tx, id.Org, time.Time) error { return nil }
