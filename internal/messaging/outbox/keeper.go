package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

// Claims are the columns of this room that name a person.
func (*Outbox) Claims() []store.Claim {
	return []store.Claim{
		{Table: "outbox", Column: "contact_id", Expire: "it waits until it is sent, refused or cancelled", Export: "what waits to be sent is a message of hers, and is told as one"},
		{Table: "verdict", Column: "contact_id", Erase: "its row names her only until the erasure takes the message that it judged", Export: "she is told the consents on which messages rest; the proof can be asked for"},
		{Table: "verdict", Column: "message_id", Of: "message"},
		{Table: "idempotency", Column: "message_id", Of: "message"},
	}
}

// Expire deletes the keys of old requests, codes and links whose time is over, and
// verdicts when claims about their messages are barred.
func (o *Outbox) Expire(ctx context.Context, tx store.Tx, orgID id.Org, now time.Time) error {
	return errors.Join(o.expireKeys(ctx, tx, orgID, now), o.expireSecrets(ctx, tx, orgID, now), o.expireVerdicts(ctx, tx, orgID, now))
}

// provenSince is before when a verdict proves nothing any more.
func provenSince(now time.Time) time.Time {
	proof, _ := period.ClassOf(period.ConsentProof)
	return proof.Cutoff(proof.Default, now)
}

// expireVerdicts deletes some of those that prove nothing any more: they are kept
// as long as the consents on which they rest (Art. 5(2)).
func (*Outbox) expireVerdicts(ctx context.Context, tx store.Tx, orgID id.Org, now time.Time) error {
	rows, err := store.Collect(ctx, tx, func(row store.Row) ([]any, error) {
		var message, verdict id.Message
		err := row.Scan(&message, &verdict)
		return []any{orgID, message, verdict}, err
	}, "SELECT message_id, id FROM verdict WHERE org_id = ? AND message_id < ? LIMIT ?", orgID, id.At[id.Message](provenSince(now)), int64(verdictBite))
	if err != nil {
		return fmt.Errorf("look for old verdicts: %w", err)
	}
	if err := tx.DeleteMany(ctx, store.Delete{From: "verdict", Where: "org_id = ? AND message_id = ? AND id = ?"}, rows); err != nil {
		return fmt.Errorf("delete old verdicts: %w", err)
	}
	return nil
}
