package token

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

const bulkContext = "api_token.bulk"

func (k *Tokens) ring(ctx context.Context, r store.Reader, org id.Org) (*vault.Keyring, error) {
	keys, err := k.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return keys.Keyring(ctx, r, org)
}

// open unseals what the tokens read in bulk for.
func (k *Tokens) open(ctx context.Context, r store.Reader, org id.Org, all []Token) error {
	ring, err := k.ring(ctx, r, org)
	if err != nil {
		return err
	}
	for i, t := range all {
		if len(t.Bulk.sealed) == 0 {
			continue
		}
		plain, err := ring.Open(bulkContext, t.ID, t.Bulk.sealed)
		if err != nil {
			return fmt.Errorf("open what a token reads for: %w", err)
		}
		all[i].Bulk.Purpose = string(plain)
	}
	return nil
}

// AskBulk asks a second person whether a token may read in bulk. Errors: ErrBulk,
// ErrNotFound.
func (k *Tokens) AskBulk(ctx context.Context, tx store.Tx, org id.Org, at id.Program, b Bulk) error {
	t, err := k.Get(ctx, tx, org, at)
	if err != nil {
		return err
	}
	b.Purpose = strings.TrimSpace(b.Purpose)
	if t.Kind == Legacy || !t.Valid(k.now()) || b.Purpose == "" || b.Recipient.IsZero() || b.Ceiling < 1 || !b.Until.After(k.now()) || b.Until.After(t.Expires) {
		return ErrBulk
	}
	ring, err := k.ring(ctx, tx, org)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE api_token SET bulk = ?, bulk_recipient_id = ?, bulk_ceiling = ?, bulk_until = ?, bulk_by_id = ?, bulk_granted_at = 0, bulk_stopped_at = 0 WHERE org_id = ? AND id = ?",
		ring.Seal(bulkContext, at, []byte(b.Purpose)), b.Recipient, b.Ceiling, store.Micros(b.Until), b.By, org, at); err != nil {
		return fmt.Errorf("ask whether a token may read in bulk: %w", err)
	}
	return k.ask(ctx, tx, org, at, b.By)
}

// Reasons says what some tokens read in bulk for, by their ids.
func (k *Tokens) Reasons(ctx context.Context, r store.Reader, org id.Org, subjects []string) (map[string]string, error) {
	all, err := k.read(ctx, r, "org_id = ?", org)
	if err == nil {
		err = k.open(ctx, r, org, all)
	}
	if err != nil {
		return nil, err
	}
	reasons := map[string]string{}
	for _, t := range all {
		if !slices.Contains(subjects, t.ID.String()) {
			continue
		}
		reasons[t.ID.String()] = t.Name + ": " + t.Bulk.Purpose
	}
	return reasons, nil
}

// Decided takes in what the second person said: with yes the token reads, and what
// it has read today counts anew; with no it does not, or not any more.
func (k *Tokens) Decided(ctx context.Context, tx store.Tx, org id.Org, subject string, granted bool, _ id.Account) error {
	at, err := id.Parse[id.Program](subject)
	if err != nil {
		return ErrNotFound
	}
	if !granted {
		_, err := tx.Exec(ctx, "UPDATE api_token SET bulk_until = 0, bulk_granted_at = 0, bulk_stopped_at = 0 WHERE org_id = ? AND id = ?", org, at)
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM token_day WHERE org_id = ? AND token_id = ? AND day = ?", org, at, k.today()); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE api_token SET bulk_granted_at = ?, bulk_stopped_at = 0 WHERE org_id = ? AND id = ? AND bulk_until > 0", store.Micros(k.now()), org, at)
	return err
}

func (k *Tokens) today() string { return k.now().UTC().Format(time.DateOnly) }

// Count counts records that a program is about to be given in a list. Above the
// day's amount none is given: the token stops, and a second person is asked.
// Errors: ErrNotGranted, ErrStopped.
func (k *Tokens) Count(ctx context.Context, t Token, records int) error {
	if t.Kind == Legacy {
		return nil
	}
	stopped := false
	err := k.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		now, err := k.Get(ctx, tx, t.Org, t.ID)
		if err != nil {
			return err
		}
		switch now.Bulk.State(k.now()) {
		case "granted":
		case "stopped":
			return ErrStopped
		default:
			return ErrNotGranted
		}
		if _, err := tx.Exec(ctx, "INSERT INTO token_day (org_id, token_id, day, records) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING", t.Org, t.ID, k.today()); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "UPDATE token_day SET records = records + ? WHERE org_id = ? AND token_id = ? AND day = ? AND records + ? <= ?",
			int64(records), t.Org, t.ID, k.today(), int64(records), now.Bulk.Ceiling)
		if err != nil || n == 1 {
			return err
		}
		n, err = tx.Exec(ctx, "UPDATE api_token SET bulk_stopped_at = ? WHERE org_id = ? AND id = ? AND bulk_stopped_at = 0", store.Micros(k.now()), t.Org, t.ID)
		if err != nil {
			return err
		}
		if stopped = true; n == 0 { // another request was quicker to ask
			return nil
		}
		return k.ask(ctx, tx, t.Org, t.ID, now.Bulk.By)
	})
	if err == nil && stopped {
		return ErrStopped
	}
	return err
}

// daysKept is for how long it is remembered how much a program has read.
const daysKept = 30

// Expire deletes what programs read long ago.
func Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM token_day WHERE org_id = ? AND day < ?", org, now.UTC().AddDate(0, 0, -daysKept).Format(time.DateOnly))
	return err
}

// People are none: a question about a token is about nobody yet.
func (*Tokens) People(context.Context, store.Reader, id.Org, string) ([]id.Person, error) {
	return nil, nil
}
