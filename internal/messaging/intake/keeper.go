package intake

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Intake) Claims() []store.Claim {
	return []store.Claim{
		{Table: "payload", Column: "owner_id", Export: "it is the raw form of what the conversations tell"},
		{Table: "payload_message", Column: "payload_id", Of: "payload", Erase: "by the hash of its id a message that comes again is known, for as long as Meta may send it"},
	}
}
