package picture

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Album) Claims() []store.Claim {
	return []store.Claim{
		{Table: "portrait", Column: "contact_id", Expire: "a picture stands until staff take it off"},
	}
}
