package conversation

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Threads) Claims() []store.Claim {
	return []store.Claim{
		{Table: "conversation", Column: "contact_id", Expire: "the retention run deletes conversations by their class"},
		{Table: "message", Column: "contact_id", Expire: "the retention run deletes messages by their class"},
		{Table: "reaction", Column: "contact_id", Erase: "it goes with the message that it is put on", Expire: "it goes with its message"},
		{Table: "early", Column: "contact_id", Erase: "it names nobody until its message is there; the sweep finds it", Export: "it becomes part of a message within minutes"},
	}
}
