package user

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/id"
)

// WithRole are the accounts that have a role.
func (d *Directory) WithRole(ctx context.Context, r store.Reader, org id.Org, role Role) ([]Account, error) {
	found, err := d.list(ctx, r, org, "SELECT id, role, locale, state, profile, factored, quiet FROM account WHERE org_id = ? AND role = ? AND state = 'active' ORDER BY id", org, string(role))
	all := make([]Account, len(found))
	for i, l := range found {
		all[i] = l.Account
	}
	return all, err
}

// Decides reports whether the role answers what needs a second person.
func (r Role) Decides() bool { return r.May(Privacy) }

// Circle reads who decides in an organisation, and who did.
func (d *Directory) Circle(ctx context.Context, r store.Reader, org id.Org) ([]foureyes.Decider, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (one foureyes.Decider, err error) {
		var role Role
		var state string
		var since, until int64
		err = row.Scan(&one.ID, &role, &state, &since, &until)
		one.May, one.Since = role.Decides() && state == "active", store.Time(since)
		if until != 0 {
			one.Until = store.Time(until)
		}
		return one, err
	}, "SELECT id, role, state, CASE WHEN decides_since = 0 THEN created_at ELSE decides_since END, counts_until FROM account WHERE org_id = ? ORDER BY id", org)
	if err != nil {
		return nil, fmt.Errorf("read who decides: %w", err)
	}
	return slices.DeleteFunc(all, func(one foureyes.Decider) bool { return !one.May && one.Until.IsZero() }), nil
}

// Mailboxes are the addresses of accounts, also of those that are blocked.
func (d *Directory) Mailboxes(ctx context.Context, r store.Reader, org id.Org, accounts []id.Account) ([]Account, error) {
	listed, err := d.List(ctx, r, org)
	var all []Account
	for _, l := range listed {
		if slices.Contains(accounts, l.ID) {
			all = append(all, l.Account)
		}
	}
	return all, err
}

// Moved says how the circle of those who decide has changed. The catalogue has
// remind.account.MOVED.
type Moved string

// The changes.
const (
	Joined Moved = "joined"
	Left   Moved = "left" // shut out, or the role was taken
)

// Circling has those who decide told when somebody joins or leaves them.
func (d *Directory) Circling(told func(ctx context.Context, tx store.Tx, org id.Org, how Moved, account id.Account) error) {
	d.circled = told
}

// joins notes that somebody decides from now on.
func (d *Directory) joins(ctx context.Context, tx store.Tx, org id.Org, account id.Account) error {
	if _, err := tx.Exec(ctx, "UPDATE account SET decides_since = ? WHERE org_id = ? AND id = ?", store.Micros(d.now()), org, account); err != nil {
		return err
	}
	return d.circled(ctx, tx, org, Joined, account)
}

// leaves notes that somebody who decided was shut out or lost the role: she counts
// for a while longer, so that nobody gains by it (foureyes.Standing).
func (d *Directory) leaves(ctx context.Context, tx store.Tx, org id.Org, account id.Account) error {
	if _, err := tx.Exec(ctx, "UPDATE account SET counts_until = ? WHERE org_id = ? AND id = ?", store.Micros(d.now().Add(foureyes.Standing)), org, account); err != nil {
		return err
	}
	return d.circled(ctx, tx, org, Left, account)
}

// standing reads the role of an account and whether it may sign in. ErrNoSession:
// there is none.
func (d *Directory) standing(ctx context.Context, r store.Reader, org id.Org, account id.Account) (role Role, active bool, err error) {
	var state string
	err = r.QueryRow(ctx, "SELECT role, state FROM account WHERE org_id = ? AND id = ?", org, account).Scan(&role, &state)
	if errors.Is(err, store.ErrNoRows) {
		err = ErrNoSession
	}
	return role, state == "active", err
}

// Role reads the role of an account, also of one that is blocked. ErrNoSession:
// there is none.
func (d *Directory) Role(ctx context.Context, r store.Reader, org id.Org, account id.Account) (Role, error) {
	role, _, err := d.standing(ctx, r, org, account)
	return role, err
}
