package intake

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Intake) Claims() []store.Claim {
	return []store.Claim{
		{Table: "payload", Column: "owner_id", Export: "it is the raw form of what the conversations tell"},
	}
}

// Erase deletes the payloads that are one person's own.
func (in *Intake) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	return 0, false, in.erase(ctx, tx, org, person)
}
