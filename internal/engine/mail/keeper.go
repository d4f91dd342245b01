package mail

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Queue) Claims() []store.Claim {
	return []store.Claim{
		{Table: "mail_queue", Column: "owner_id", Expire: "it waits until it is sent or given up", Export: "she gets it"},
		{Table: "mail_sent", Column: "owner_id", Export: "she has got it"},
	}
}
