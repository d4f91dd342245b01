package optin

import (
	"context"

	"einklang/internal/id"
	"einklang/internal/store"
)

// CountOf counts the recorded consents and withdrawals of a person.
func (d *Desk) CountOf(ctx context.Context, r store.Reader, org, person id.ID) (int64, error) {
	var n int64
	err := r.QueryRow(ctx, "SELECT COUNT(*) FROM consent_event WHERE org_id = ? AND contact_id = ?", org, person).Scan(&n)
	return n, err
}
