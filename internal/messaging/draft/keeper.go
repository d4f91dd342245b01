package draft

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Box) Claims() []store.Claim {
	return []store.Claim{
		{Table: "draft", Column: "contact_id", Export: "what has not been sent says nothing to her yet"},
	}
}

// Expire deletes drafts that nobody has gone on with for Life.
func (b *Box) Expire(ctx context.Context, tx store.Tx, org id.Org, _ time.Time) error {
	return b.expire(ctx, tx, org)
}
