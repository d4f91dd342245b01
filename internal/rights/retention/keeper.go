package retention

import (
	"context"
	"errors"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Holds) Claims() []store.Claim {
	return []store.Claim{
		{Table: "legal_hold", Column: "conversation_id", Of: "conversation", Erase: "as the hold of a person"},
		{Table: "legal_hold", Column: "contact_id", Erase: "a hold forbids the erasure; one that is over goes in its time"},
	}
}

// Expire deletes holds and reports of runs whose time is over.
func (d *Holds) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	return errors.Join(d.expireHolds(ctx, tx, org, now), d.expireRuns(ctx, tx, org, now))
}
