package mail

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Queue) Claims() []store.Claim {
	return []store.Claim{
		{Table: "mail_queue", Column: "owner_id", Expire: "it waits until it is sent or given up", Export: "she gets it"},
		{Table: "mail_sent", Column: "owner_id", Export: "she has got it"},
	}
}

// Erase deletes the mails to a person.
func (q *Queue) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	return 0, false, q.erase(ctx, tx, org, person)
}
