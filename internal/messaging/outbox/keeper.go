package outbox

import (
	"context"
	"errors"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Outbox) Claims() []store.Claim {
	return []store.Claim{
		{Table: "outbox", Column: "contact_id", Expire: "it waits until it is sent, refused or cancelled", Export: "what waits to be sent is a message of hers, and is told as one"},
		{Table: "verdict", Column: "contact_id", Erase: "its row names her only until the erasure takes the message that it judged", Expire: "it proves the lawfulness of a message as long as that is kept (Art. 5(2))", Export: "she is told the consents on which messages rest; the proof can be asked for"},
	}
}

// Expire deletes the keys of old requests, and codes and links whose time is over.
func (o *Outbox) Expire(ctx context.Context, tx store.Tx, orgID id.Org, now time.Time) error {
	return errors.Join(o.expireKeys(ctx, tx, orgID, now), o.expireSecrets(ctx, tx, orgID, now))
}
