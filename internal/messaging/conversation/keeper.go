package conversation

import (
	"einklang/internal/engine/store"
	"einklang/internal/rule/period"
)

// Claims are the columns of this room that name a person.
func (*Threads) Claims() []store.Claim {
	return []store.Claim{
		{Table: "conversation", Column: "contact_id", Expire: "it holds nothing once its messages are gone, and lasts as long as the person is known"},
		{Table: "message", Column: "contact_id", Classes: []string{period.Messages, period.Letters, period.Vouchers, period.Cards, period.Details}},
		{Table: "reaction", Column: "contact_id", Erase: "it goes with the message that it is put on", Classes: []string{period.Messages, period.Letters, period.Vouchers}},
		{Table: "early", Column: "contact_id", Erase: "it names nobody until its message is there; the sweep finds it", Export: "it becomes part of a message within minutes"},
		{Table: "reaction", Column: "message_id", Of: "message"},
		{Table: "conversation_end", Column: "conversation_id", Of: "conversation"},
	}
}
