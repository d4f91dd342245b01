package notice

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Board) Claims() []store.Claim {
	return []store.Claim{
		{Table: "notice_delivery", Column: "contact_id", Expire: "that she was informed is proof as long as she is known (Art. 13)"},
	}
}

// Expire deletes nothing: see the claim.
func (*Board) Expire(context.Context, store.Tx, id.Org, time.Time) error { return nil }
