package outbox

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// verdictBite is how many verdicts are deleted in one transaction.
const verdictBite = 1000

// Cancel takes everything that waits for a person out of the queue, because she
// is being erased. What is being sent at this moment ends as it ends.
func (o *Outbox) Cancel(ctx context.Context, tx store.Tx, orgID id.Org, contact id.Person) error {
	return o.cancel(ctx, tx, orgID, "DELETE FROM outbox WHERE org_id = ? AND contact_id = ? AND state IN ('queued', 'deferred') RETURNING id", contact)
}

func (o *Outbox) cancel(ctx context.Context, tx store.Tx, orgID id.Org, query string, contact id.Person) error {
	gone, err := store.Collect(ctx, tx, store.One[id.Message], query, orgID, contact)
	if err != nil {
		return fmt.Errorf("erase the queue: %w", err)
	}
	return vault.DestroyFleeting(ctx, tx, orgID, gone...)
}

// Erase deletes what the queue and the gate have kept about a person. It goes
// before her verdicts, by whose messages idempotency keys are found.
func (o *Outbox) Erase(ctx context.Context, tx store.Tx, orgID id.Org, contact id.Person) (n int64, more bool, err error) {
	if _, err := tx.Exec(ctx, "DELETE FROM idempotency WHERE org_id = ? AND message_id IN (SELECT message_id FROM verdict WHERE org_id = ? AND contact_id = ?)", orgID, orgID, contact); err != nil {
		return 0, false, fmt.Errorf("erase idempotency keys: %w", err)
	}
	if err := o.cancel(ctx, tx, orgID, "DELETE FROM outbox WHERE org_id = ? AND contact_id = ? RETURNING id", contact); err != nil {
		return 0, false, err
	}
	rows, err := store.Collect(ctx, tx, func(row store.Row) ([]any, error) {
		var message, verdict id.Message
		err := row.Scan(&message, &verdict)
		return []any{orgID, message, verdict}, err
	}, "SELECT message_id, id FROM verdict WHERE org_id = ? AND contact_id = ? LIMIT ?", orgID, contact, int64(verdictBite))
	if err != nil {
		return 0, false, fmt.Errorf("erase verdicts: %w", err)
	}
	err = tx.DeleteMany(ctx, store.Delete{From: "verdict", Where: "org_id = ? AND message_id = ? AND id = ?"}, rows)
	return int64(len(rows)), len(rows) == verdictBite, err
}

// Restored makes everything that was waiting uncertain: since the backup was
// taken it may have gone out, and nothing is sent twice. A person decides. What is
// written now waits for no node of then.
func (o *Outbox) Restored(ctx context.Context, tx store.Tx) error {
	type row struct {
		org     id.Org
		channel id.Channel
		message id.Message
	}
	waiting, err := store.Collect(ctx, tx, func(r store.Row) (row, error) {
		var w row
		return w, r.Scan(&w.org, &w.channel, &w.message)
	}, "SELECT org_id, channel_id, id FROM outbox WHERE state <> 'uncertain'")
	if err != nil {
		return fmt.Errorf("put what was waiting on hold: %w", err)
	}
	// The nodes that had the lanes when the backup was made are no more.
	if _, err := tx.Exec(ctx, "UPDATE lane SET until = 0"); err != nil {
		return fmt.Errorf("take the lanes from nodes that are gone: %w", err)
	}
	for _, w := range waiting {
		if err := o.uncertain(ctx, tx, w.org, w.channel, w.message); err != nil {
			return fmt.Errorf("put what was waiting on hold: %w", err)
		}
	}
	return nil
}
