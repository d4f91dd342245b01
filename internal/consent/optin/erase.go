package optin

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Erase deletes consents and what led to them.
func (d *Consents) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	for _, sql := range []string{
		"DELETE FROM consent_file_chunk WHERE org_id = ? AND file_id IN (SELECT id FROM consent_file WHERE org_id = consent_file_chunk.org_id AND contact_id = ?)",
		"DELETE FROM consent_file WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM consent_claim WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM consent_asked WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM entry_use WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM consent WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM consent_event WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM opt_out WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM sale_fact WHERE org_id = ? AND sale_id IN (SELECT id FROM sale WHERE org_id = sale_fact.org_id AND contact_id = ?)",
		"DELETE FROM sale WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM doubt WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM restart WHERE org_id = ? AND contact_id = ?",
	} {
		if _, err := tx.Exec(ctx, sql, org, person); err != nil {
			return 0, false, fmt.Errorf("erase consents: %w", err)
		}
	}
	return 0, false, nil
}

// CountOf counts the recorded consents and withdrawals of a person.
func (d *Consents) CountOf(ctx context.Context, r store.Reader, org id.Org, person id.Person) (int64, error) {
	var n int64
	err := r.QueryRow(ctx, "SELECT COUNT(*) FROM consent_event WHERE org_id = ? AND contact_id = ?", org, person).Scan(&n)
	return n, err
}
