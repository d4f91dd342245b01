package user

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// The errors that a caller branches on.
var (
	ErrRoleName  = errors.New("give the role a name of 1 to 60 characters that no other has")
	ErrRoleMany  = errors.New("there are as many own roles as there may be: delete one that nobody needs")
	ErrRoleUsed  = errors.New("accounts have this role: say which one they get instead")
	ErrRoleGone  = errors.New("there is no such role")
	ErrRoleLimit = errors.New("a role whose permissions go over everything cannot be limited to teams: take those away, or do not limit it")
)

// OwnRolesMost is how many roles of its own an organisation has.
const OwnRolesMost = 50

// Own is a role that an organisation made.
type Own struct {
	ID       id.Role
	Name     string
	Rights   Rights
	Demanded bool  // it needs a second factor
	Accounts int64 // that have it, blocked ones too
}

// Role is it as accounts name it.
func (o Own) Role() Role { return OwnRole(o.ID) }

// OwnRoles reads the organisation's own roles by name.
func (d *Directory) OwnRoles(ctx context.Context, r store.Reader, org id.Org) ([]Own, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (o Own, err error) {
		var words string
		var limited bool
		err = row.Scan(&o.ID, &o.Name, &words, &limited, &o.Demanded, &o.Accounts)
		o.Rights = read(words, limited)
		return o, err
	}, `SELECT o.id, o.name, o.permissions, o.limited, o.demanded, (SELECT COUNT(*) FROM account a WHERE a.org_id = o.org_id AND a.own_role_id = o.id)
		FROM own_role o WHERE o.org_id = ? ORDER BY o.name, o.id`, org)
	if err != nil {
		return nil, fmt.Errorf("read the own roles: %w", err)
	}
	return all, nil
}

// OwnRoleOf reads one of the organisation's own roles. Errors: ErrRoleGone.
func (d *Directory) OwnRoleOf(ctx context.Context, r store.Reader, org id.Org, at id.Role) (Own, error) {
	all, err := d.OwnRoles(ctx, r, org)
	if err != nil {
		return Own{}, err
	}
	i := slices.IndexFunc(all, func(o Own) bool { return o.ID == at })
	if i < 0 {
		return Own{}, ErrRoleGone
	}
	return all[i], nil
}

// RightsOf are what a role of the organisation may. Errors: ErrRole.
func (d *Directory) RightsOf(ctx context.Context, r store.Reader, org id.Org, role Role) (Rights, error) {
	at, is := role.Own()
	if !is {
		if table[role] == nil {
			return Rights{}, ErrRole
		}
		return role.Rights(), nil
	}
	var words string
	var limited bool
	err := r.QueryRow(ctx, "SELECT permissions, limited FROM own_role WHERE org_id = ? AND id = ?", org, at).Scan(&words, &limited)
	if errors.Is(err, store.ErrNoRows) {
		err = ErrRole
	}
	return read(words, limited), err
}

// checked is an own role that may be stored. Who has a role may always read: there is
// nothing else to begin with.
func checked(o Own, others []Own) (Own, error) {
	o.Name = strings.TrimSpace(o.Name)
	o.Rights = Holding(o.Rights.Limited, append(o.Rights.Held(), Read)...)
	n := len([]rune(o.Name))
	switch {
	case n == 0 || n > 60 || strings.ContainsFunc(o.Name, unicode.IsControl),
		slices.ContainsFunc(others, func(one Own) bool { return one.ID != o.ID && strings.EqualFold(one.Name, o.Name) }):
		return o, ErrRoleName
	case o.Rights.Limited && !o.Rights.MayBeLimited():
		return o, ErrRoleLimit
	case o.ID.IsZero() && len(others) >= OwnRolesMost:
		return o, ErrRoleMany
	}
	return o, nil
}

// SaveOwnRole stores a role, a new one if it has no id, and reports whether accounts
// may, or see, more by it than before: that is for two to say. Sessions of accounts
// whose rights change end. Errors: ErrRoleName, ErrRoleLimit, ErrRoleMany, ErrRoleGone.
func (d *Directory) SaveOwnRole(ctx context.Context, tx store.Tx, org id.Org, o Own) (saved Own, widens bool, err error) {
	all, err := d.OwnRoles(ctx, tx, org)
	if err != nil {
		return o, false, err
	}
	if o, err = checked(o, all); err != nil {
		return o, false, err
	}
	if o.ID.IsZero() {
		o.ID = id.Role(d.ids.New())
		_, err = tx.Exec(ctx, "INSERT INTO own_role (org_id, id, name, permissions, limited, demanded, created_at) VALUES (?, ?, ?, ?, ?, FALSE, ?)",
			org, o.ID, o.Name, o.Rights.words(), o.Rights.Limited, store.Micros(d.now()))
		return o, false, err
	}
	i := slices.IndexFunc(all, func(one Own) bool { return one.ID == o.ID })
	if i < 0 {
		return o, false, ErrRoleGone
	}
	before := all[i]
	if _, err = tx.Exec(ctx, "UPDATE own_role SET name = ?, permissions = ?, limited = ? WHERE org_id = ? AND id = ?", o.Name, o.Rights.words(), o.Rights.Limited, org, o.ID); err != nil {
		return o, false, fmt.Errorf("change a role: %w", err)
	}
	if before.Rights == o.Rights {
		return o, false, nil
	}
	return o, before.Accounts > 0 && o.Rights.Widens(before.Rights), d.reach(ctx, tx, org, o.ID, before.Rights, o.Rights)
}

// holder is an account that has an own role.
type holder struct {
	id     id.Account
	active bool
}

// holders reads who has an own role, blocked ones too.
func holders(ctx context.Context, r store.Reader, org id.Org, role id.Role) ([]holder, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (a holder, err error) { return a, row.Scan(&a.id, &a.active) },
		"SELECT id, state = 'active' FROM account WHERE org_id = ? AND own_role_id = ? ORDER BY id", org, role)
	if err != nil {
		return nil, fmt.Errorf("read who has a role: %w", err)
	}
	return all, nil
}

// reach has what a role may now reach who has it: her sessions end, and she joins or
// leaves those who decide.
func (d *Directory) reach(ctx context.Context, tx store.Tx, org id.Org, role id.Role, before, now Rights) error {
	accounts, err := holders(ctx, tx, org, role)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if err := d.turn(ctx, tx, org, a.id, a.active, before, now); err != nil {
			return err
		}
	}
	return nil
}

// turn notes that somebody's rights are others: what is open was opened with those of
// before, and ends.
func (d *Directory) turn(ctx context.Context, tx store.Tx, org id.Org, account id.Account, active bool, before, now Rights) (err error) {
	switch {
	case before.Decides() && !now.Decides() && active:
		err = d.leaves(ctx, tx, org, account)
	case !before.Decides() && now.Decides():
		err = d.joins(ctx, tx, org, account)
	}
	if err != nil {
		return fmt.Errorf("change somebody's rights: %w", err)
	}
	return d.end(ctx, tx, org, account, "session", "sign_in_step")
}

// DeleteOwnRole deletes a role. Accounts that have it get another one. Errors:
// ErrRoleGone, ErrRoleUsed, ErrRole.
func (d *Directory) DeleteOwnRole(ctx context.Context, tx store.Tx, org id.Org, at id.Role, to Role) error {
	o, err := d.OwnRoleOf(ctx, tx, org, at)
	if err != nil {
		return err
	}
	if o.Accounts > 0 {
		if to == "" || to == o.Role() {
			return ErrRoleUsed
		}
		accounts, err := holders(ctx, tx, org, at)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			if err := d.SetRole(ctx, tx, org, a.id, to); err != nil {
				return err
			}
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM own_role WHERE org_id = ? AND id = ?", org, at); err != nil {
		return fmt.Errorf("delete a role: %w", err)
	}
	return nil
}
