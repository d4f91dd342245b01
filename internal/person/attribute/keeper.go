package attribute

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Attributes) Claims() []store.Claim {
	return []store.Claim{
		{Table: "attribute_value", Column: "contact_id", Expire: "an attribute stands until staff take it off"},
	}
}
