package optin

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Consents) Claims() []store.Claim {
	return []store.Claim{
		{Table: "consent", Column: "contact_id", Expire: "a consent runs out by its own date and stays as proof (Art. 7(1))", Export: "its history is told, from which it follows"},
		{Table: "consent_event", Column: "contact_id", Expire: "the history of a consent is its proof (Art. 7(1))"},
		{Table: "sale", Column: "contact_id"},
		{Table: "opt_out", Column: "contact_id", Expire: "an objection holds until she takes it back (Art. 21)", Export: "that she has said stop is told with her entry"},
		{Table: "doubt", Column: "contact_id", Expire: "whether she withdrew is proof as the withdrawal is (Art. 7(1))", Export: "that something is held is told with her entry, what came of it as a consent"},
		{Table: "restart", Column: "contact_id", Expire: "by it a STOP that comes late is known", Export: "what she wrote is told as a message"},
		{Table: "consent_claim", Column: "contact_id", Expire: "it waits for a second person", Export: "what came of it is told as a consent"},
		{Table: "consent_file", Column: "contact_id", Expire: "it is the artefact of a consent", Export: "it is named with the consent that it proves"},
		{Table: "entry_use", Column: "contact_id", Expire: "it tells by which entry a consent came", Export: "the source stands with the consent"},
		{Table: "consent_asked", Column: "contact_id", Expire: "she is not asked twice", Export: "the question is a message, and is told as one"},
		{Table: "consent_file_chunk", Column: "file_id", Of: "consent_file"},
		{Table: "sale_fact", Column: "sale_id", Of: "sale"},
	}
}

// Claims are the columns of this room that name a person.
func (*Requests) Claims() []store.Claim {
	return []store.Claim{
		{Table: "opt_in_request", Column: "contact_id", Export: "what came of it is told as a consent"},
	}
}

// Merge lets requests follow a person to the person she turned out to be.
func (*Requests) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if _, err := tx.Exec(ctx, "UPDATE opt_in_request SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from); err != nil {
		return fmt.Errorf("merge requests for consent: %w", err)
	}
	return nil
}

// Erase deletes what a person was asked to confirm.
func (*Requests) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	n, err := tx.Exec(ctx, "DELETE FROM opt_in_request WHERE org_id = ? AND contact_id = ?", org, person)
	if err != nil {
		return 0, false, fmt.Errorf("erase requests for consent: %w", err)
	}
	return n, false, nil
}

// Expire deletes sales that prove nothing any more. What else has run out lapses in
// its own round, see LapseAll, and requests expire with [Requests].
func (d *Consents) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	return d.expireSales(ctx, tx, org, now)
}
