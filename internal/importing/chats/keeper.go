package chats

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Imports) Claims() []store.Claim {
	return []store.Claim{
		{Table: "chat_import", Column: "contact_id", Expire: "the report of an import is kept with it", Export: "its messages are told with the conversation"},
	}
}

// Erase deletes whose chats were imported.
func (d *Imports) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	return 0, false, d.erase(ctx, tx, org, person)
}
