package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

func monthOf(t time.Time) int64 { return int64(t.UTC().Year())*100 + int64(t.UTC().Month()) }

// month is the owner of this month's key; the first entry makes it.
func (l *Log) month(ctx context.Context, tx store.Tx, org id.Org) (owner id.ID, err error) {
	month := monthOf(l.Now())
	const find = "SELECT id FROM audit_month WHERE org_id = ? AND month = ?"
	err = tx.QueryRow(ctx, find, org, month).Scan(&owner)
	if !errors.Is(err, store.ErrNoRows) {
		return owner, err
	}
	fresh := l.IDs.New()
	n, err := tx.Exec(ctx, "INSERT INTO audit_month (org_id, month, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", org, month, fresh)
	if err != nil {
		return owner, err
	}
	if n == 0 { // another node was faster
		return owner, tx.QueryRow(ctx, find, org, month).Scan(&owner)
	}
	keys, err := l.Vault.Org(ctx, tx, org)
	if err != nil {
		return owner, err
	}
	_, err = keys.NewKeyrings(ctx, tx, fresh)
	return fresh, err
}

// bite is how many entries one transaction deletes.
const bite = 500

// ExpireClasses deletes entries whose period is over, and destroys the keys of
// months that lie wholly before it.
func (l *Log) ExpireClasses(ctx context.Context, tx store.Tx, org id.Org, o period.Orders, after id.Cursor, counts map[string]int64) (next id.Cursor, err error) {
	before := o.Before[period.Audit]
	found, err := store.Collect(ctx, tx, store.One[id.ID],
		"SELECT id FROM audit WHERE org_id = ? AND id > ? AND id < ? ORDER BY id LIMIT ?", org, after[:], id.At[id.ID](before), int64(bite))
	if err != nil {
		return next, fmt.Errorf("find old entries of what was done: %w", err)
	}
	if len(found) == bite {
		next = id.Cursor(found[len(found)-1])
	}
	counts[period.Audit] += int64(len(found))
	if o.Dry {
		return next, nil
	}
	if len(found) > 0 {
		for _, sql := range []string{"DELETE FROM audit WHERE org_id = ? AND id > ? AND id <= ?", "DELETE FROM audit_object WHERE org_id = ? AND entry_id > ? AND entry_id <= ?"} {
			if _, err := tx.Exec(ctx, sql, org, after[:], found[len(found)-1]); err != nil {
				return next, fmt.Errorf("delete old entries of what was done: %w", err)
			}
		}
	}
	if next.IsZero() {
		err = l.expireMonths(ctx, tx, org, before)
	}
	return next, err
}

// expireMonths destroys the keys of months that are over.
func (l *Log) expireMonths(ctx context.Context, tx store.Tx, org id.Org, before time.Time) error {
	months, err := store.Collect(ctx, tx, func(row store.Row) (m id.ID, err error) { return m, row.Scan(&m) },
		"SELECT id FROM audit_month WHERE org_id = ? AND month < ?", org, monthOf(before))
	if err != nil || len(months) == 0 {
		return err
	}
	keys, err := l.Vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, m := range months {
		if _, err := keys.Destroy(ctx, tx, m); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "DELETE FROM audit_month WHERE org_id = ? AND month < ?", org, monthOf(before))
	return err
}
