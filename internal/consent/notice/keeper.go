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

// Erase deletes which notices a person was sent.
func (b *Board) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	return 0, false, b.erase(ctx, tx, org, person)
}

// Expire deletes nothing: see the claim.
func (*Board) Expire(context.Context, store.Tx, id.Org, time.Time) error { return nil }
