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

// Erase deletes what staff noted about a person.
func (d *Attributes) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	return 0, false, d.erase(ctx, tx, org, person)
}

// Expire deletes nothing: see the claim.
func (*Attributes) Expire(context.Context, store.Tx, id.Org, time.Time) error { return nil }
