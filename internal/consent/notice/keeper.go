package notice

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Board) Claims() []store.Claim {
	return []store.Claim{
		{Table: "notice_delivery", Column: "contact_id", Expire: "that she was informed is proof as long as she is known (Art. 13)"},
	}
}
