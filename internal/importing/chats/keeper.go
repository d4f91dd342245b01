package chats

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Imports) Claims() []store.Claim {
	return []store.Claim{
		{Table: "chat_import", Column: "contact_id", Expire: "the report of an import is kept with it", Export: "its messages are told with the conversation"},
	}
}
