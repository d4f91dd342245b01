package user

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// WithRole are the accounts that have a role.
func (d *Directory) WithRole(ctx context.Context, r store.Reader, org id.ID, role Role) ([]Account, error) {
	found, err := d.list(ctx, r, org, "SELECT id, role, locale, state, profile FROM account WHERE org_id = ? AND role = ? AND state = 'active' ORDER BY id", org, string(role))
	all := make([]Account, len(found))
	for i, l := range found {
		all[i] = l.Account
	}
	return all, err
}
