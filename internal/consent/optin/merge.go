package optin

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Merge moves the consents of a person to the person she turned out to be. For
// each purpose what was said last holds, and a STOP of either ends what the
// other had granted before.
func (d *Consents) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if err := d.mergeStates(ctx, tx, org, from, into); err != nil {
		return fmt.Errorf("merge consents: %w", err)
	}
	if err := d.mergeStop(ctx, tx, org, from, into); err != nil {
		return fmt.Errorf("merge an opt-out: %w", err)
	}
	if err := d.mergeDoubts(ctx, tx, org, from, into); err != nil {
		return fmt.Errorf("merge what is doubtful: %w", err)
	}
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE sale SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, org, from}},
		{"UPDATE consent_claim SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, org, from}},
		{"UPDATE consent_file SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, org, from}},
		{"UPDATE entry_use SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, org, from}},
		{`INSERT INTO consent_asked (org_id, contact_id, purpose, text_id, message_id, at)
			SELECT org_id, ?, purpose, text_id, message_id, at FROM consent_asked WHERE org_id = ? AND contact_id = ?
			ON CONFLICT (org_id, contact_id, purpose) DO UPDATE SET text_id = excluded.text_id, message_id = excluded.message_id, at = excluded.at
			WHERE consent_asked.at < excluded.at`, []any{into, org, from}},
		{"DELETE FROM consent_asked WHERE org_id = ? AND contact_id = ?", []any{org, from}},
	} {
		if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
			return fmt.Errorf("merge consents: %w", err)
		}
	}
	return nil
}

// mergeStates moves the events, and what follows from them.
func (d *Consents) mergeStates(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	var said, waiting [][]any
	_, err := store.Collect(ctx, tx, func(row store.Row) (struct{}, error) {
		var medium, purpose, state string
		var event, text id.ID
		var given, expires, at int64
		err := row.Scan(&medium, &purpose, &state, &event, &given, &expires, &at, &text)
		held := []any{org, into, medium, purpose, state, event, given, expires, at, text}
		if state == pending {
			waiting = append(waiting, held)
		} else {
			said = append(said, held)
		}
		return struct{}{}, err
	}, "SELECT medium, purpose, state, event_id, granted_at, expires_at, said_at, text_id FROM consent WHERE org_id = ? AND contact_id = ?", org, from)
	if err != nil {
		return err
	}
	if err := errors.Join(tx.InsertMany(ctx, putConsent, said), tx.InsertMany(ctx, putPending, waiting)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE consent_event SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM consent WHERE org_id = ? AND contact_id = ?", org, from)
	return err
}

// mergeStop lets the later STOP of the two hold for both.
func (d *Consents) mergeStop(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if _, err := tx.Exec(ctx, `INSERT INTO opt_out (org_id, contact_id, at, said_at, confirmed) SELECT org_id, ?, at, said_at, confirmed FROM opt_out WHERE org_id = ? AND contact_id = ?
		ON CONFLICT (org_id, contact_id) DO UPDATE SET at = CASE WHEN opt_out.at < excluded.at THEN excluded.at ELSE opt_out.at END,
			said_at = CASE WHEN opt_out.said_at < excluded.said_at THEN excluded.said_at ELSE opt_out.said_at END,
			confirmed = opt_out.confirmed OR excluded.confirmed, wrote_at = 0`, into, org, from); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM opt_out WHERE org_id = ? AND contact_id = ?", org, from); err != nil {
		return err
	}
	var at int64
	err := tx.QueryRow(ctx, "SELECT at FROM opt_out WHERE org_id = ? AND contact_id = ?", org, into).Scan(&at)
	if errors.Is(err, store.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := d.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	ring, err := keys.Keyring(ctx, tx, into)
	if err != nil {
		return err
	}
	return d.endAll(ctx, tx, org, &chat.Known{Person: chat.Person{Org: org, ID: into}, Keys: ring}, Event{Source: FromRule, At: store.Time(at)})
}
