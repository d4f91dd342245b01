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

// WithRole are the accounts that have a built-in role and may sign in, and those whose
// own role stands for it.
func (d *Directory) WithRole(ctx context.Context, r store.Reader, org id.Org, role Role) ([]Account, error) {
	found, err := d.list(ctx, r, org, " AND a.state = 'active' AND a.role IN (?, ?)", string(role), string(own))
	if err != nil {
		return nil, err
	}
	var all []Account
	for _, l := range found {
		if l.Role == role || l.Rights.May(stands[role]) {
			all = append(all, l.Account)
		}
	}
	return all, nil
}

// stands is the permission by which an own role stands for a built-in one, where
// somebody with that role is told of something.
var stands = map[Role]Permission{Agent: Answer, Lead: Team, DPO: Privacy, Admin: Accounts}

// Circle reads who decides in an organisation, and who did.
func (d *Directory) Circle(ctx context.Context, r store.Reader, org id.Org) ([]foureyes.Decider, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (one foureyes.Decider, err error) {
		var is held
		var state string
		var since, until int64
		err = row.Scan(append(is.columns(), &one.ID, &state, &since, &until)...)
		_, rights := is.is()
		one.May, one.Since = rights.Decides() && state == "active", store.Time(since)
		if until != 0 {
			one.Until = store.Time(until)
		}
		return one, err
	}, "SELECT "+roleColumns+", a.id, a.state, CASE WHEN a.decides_since = 0 THEN a.created_at ELSE a.decides_since END, a.counts_until FROM account a"+withRole+" WHERE a.org_id = ? ORDER BY a.id", org)
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

// standing reads the role of an account, what it may, and whether it may sign in. ErrNoSession:
// there is none.
func (d *Directory) standing(ctx context.Context, r store.Reader, org id.Org, account id.Account) (role Role, rights Rights, active bool, err error) {
	var is held
	var state string
	err = r.QueryRow(ctx, "SELECT "+roleColumns+", a.state FROM account a"+withRole+" WHERE a.org_id = ? AND a.id = ?", org, account).Scan(append(is.columns(), &state)...)
	if errors.Is(err, store.ErrNoRows) {
		err = ErrNoSession
	}
	role, rights = is.is()
	return role, rights, state == "active", err
}

// Role reads the role of an account and what it may, also of one that is blocked. ErrNoSession:
// there is none.
func (d *Directory) Role(ctx context.Context, r store.Reader, org id.Org, account id.Account) (Role, Rights, error) {
	role, rights, _, err := d.standing(ctx, r, org, account)
	return role, rights, err
}
