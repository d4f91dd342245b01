package user

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// WithRole are the accounts that have a role.
func (d *Directory) WithRole(ctx context.Context, r store.Reader, org id.Org, role Role) ([]Account, error) {
	found, err := d.list(ctx, r, org, "SELECT id, role, locale, state, profile FROM account WHERE org_id = ? AND role = ? AND state = 'active' ORDER BY id", org, string(role))
	all := make([]Account, len(found))
	for i, l := range found {
		all[i] = l.Account
	}
	return all, err
}

// Deciders counts who may grant what needs a second person (GDPR Art. 32(1)),
// without one of them.
func (d *Directory) Deciders(ctx context.Context, r store.Reader, org id.Org, without id.Account) (n int, err error) {
	for _, role := range Roles() {
		if !role.May(Privacy) {
			continue
		}
		staff, err := d.WithRole(ctx, r, org, role)
		if err != nil {
			return 0, err
		}
		for _, one := range staff {
			if one.ID != without {
				n++
			}
		}
	}
	return n, nil
}
