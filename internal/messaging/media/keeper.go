package media

import (
	"einklang/internal/engine/store"
	"einklang/internal/rule/period"
)

// Claims are the columns of this room that name a person.
func (*Shelf) Claims() []store.Claim {
	return []store.Claim{
		{Table: "media", Column: "contact_id", Classes: []string{period.Media, period.Messages, period.Letters, period.Vouchers}},
		{Table: "media_chunk", Column: "media_id", Of: "media"},
	}
}
