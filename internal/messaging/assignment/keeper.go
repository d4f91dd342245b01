package assignment

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Assignments) Claims() []store.Claim {
	return []store.Claim{
		{Table: "contact_label", Column: "contact_id", Expire: "a label stands until staff take it off"},
		{Table: "work_item", Column: "contact_id", Expire: "notes go with the conversation that they stand in"},
		{Table: "mention", Column: "item_id", Of: "work_item"},
	}
}
