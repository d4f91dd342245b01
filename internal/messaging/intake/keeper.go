package intake

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Intake) Claims() []store.Claim {
	return []store.Claim{
		{Table: "payload", Column: "owner_id", Export: "it is the raw form of what the conversations tell"},
	}
}
