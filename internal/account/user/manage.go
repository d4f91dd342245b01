package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// ErrLast says that an organisation keeps at least one active administrator.
var ErrLast = errors.New("this is the last active administrator: make another one first")

// Listed is an account in the list of staff.
type Listed struct {
	Account
	Active   bool
	Factored bool // it has a second factor
}

// List reads the accounts of an organisation, the oldest first.
func (d *Directory) List(ctx context.Context, r store.Reader, org id.Org) ([]Listed, error) {
	return d.list(ctx, r, org, "")
}

// list reads those accounts for which a further condition holds.
func (d *Directory) list(ctx context.Context, r store.Reader, org id.Org, condition string, args ...any) ([]Listed, error) {
	ring, err := d.ring(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return store.Collect(ctx, r, func(row store.Row) (l Listed, err error) {
		var sealed []byte
		var state string
		l.Org = org
		var is held
		if err := row.Scan(append(is.columns(), &l.ID, &l.Locale, &state, &sealed, &l.Factored, &l.Quiet)...); err != nil {
			return l, err
		}
		l.Role, l.Rights = is.is()
		p, err := openProfile(ring, l.ID, sealed)
		l.Name, l.Email, l.Active = p.Name, p.Email, state == "active"
		return l, err
	}, "SELECT "+roleColumns+", a.id, a.locale, a.state, a.profile, a.factored, a.quiet FROM account a"+withRole+" WHERE a.org_id = ?"+condition+" ORDER BY a.id", append([]any{org}, args...)...)
}

// Names are what some members of staff are called, also of accounts that are
// blocked. What is no account has none.
func (d *Directory) Names(ctx context.Context, r store.Reader, org id.Org, accounts []id.Account) (map[id.Account]string, error) {
	names := map[id.Account]string{}
	if len(accounts) == 0 {
		return names, nil
	}
	ring, err := d.ring(ctx, r, org)
	if err != nil {
		return nil, err
	}
	_, err = store.CollectIn(ctx, r, func(row store.Row) (struct{}, error) {
		var account id.Account
		var sealed []byte
		if err := row.Scan(&account, &sealed); err != nil {
			return struct{}{}, err
		}
		p, err := openProfile(ring, account, sealed)
		names[account] = p.Name
		return struct{}{}, err
	}, "SELECT id, profile FROM account WHERE org_id = ? AND id IN (?)", accounts, org)
	if err != nil {
		return nil, fmt.Errorf("read the names of accounts: %w", err)
	}
	return names, nil
}

// Present are the accounts that used their session within the last quarter of
// an hour.
func (d *Directory) Present(ctx context.Context, r store.Reader, org id.Org) (map[id.Account]bool, error) {
	all, err := store.Collect(ctx, r, store.One[id.Account],
		"SELECT DISTINCT account_id FROM session WHERE org_id = ? AND seen_at >= ?", org, store.Micros(d.now().Add(-15*time.Minute)))
	if err != nil {
		return nil, fmt.Errorf("read who is there: %w", err)
	}
	present := make(map[id.Account]bool, len(all))
	for _, a := range all {
		present[a] = true
	}
	return present, nil
}

// SetRole gives an account another role, and ends its sessions: what is open was
// opened with the rights of before. The last active administrator stays one.
func (d *Directory) SetRole(ctx context.Context, tx store.Tx, org id.Org, account id.Account, role Role) error {
	now, err := d.RightsOf(ctx, tx, org, role)
	if err != nil {
		return err
	}
	if role != Admin {
		if err := d.keepsAdmin(ctx, tx, org, account); err != nil {
			return err
		}
	}
	before, had, active, err := d.standing(ctx, tx, org, account)
	if err != nil || before == role {
		return err
	}
	if err := d.turn(ctx, tx, org, account, active, had, now); err != nil {
		return err
	}
	word, ownRole := role.stored()
	return found(tx.Exec(ctx, "UPDATE account SET role = ?, own_role_id = ? WHERE org_id = ? AND id = ?", word, ownRole, org, account))
}

// SetActive lets an account sign in, or ends its sessions and keeps it out.
func (d *Directory) SetActive(ctx context.Context, tx store.Tx, org id.Org, account id.Account, active bool) error {
	_, rights, was, err := d.standing(ctx, tx, org, account)
	if err != nil {
		return err
	}
	if active {
		if rights.Decides() && !was {
			if err := d.joins(ctx, tx, org, account); err != nil {
				return err
			}
		}
		return found(tx.Exec(ctx, "UPDATE account SET state = 'active' WHERE org_id = ? AND id = ?", org, account))
	}
	if err := d.keepsAdmin(ctx, tx, org, account); err != nil {
		return err
	}
	if rights.Decides() && was {
		if err := d.leaves(ctx, tx, org, account); err != nil {
			return err
		}
	}
	if err := d.EndSessions(ctx, tx, org, account); err != nil {
		return err
	}
	if err := d.decided(ctx, tx, org, id.ID(account)); err != nil {
		return err
	}
	return found(tx.Exec(ctx, "UPDATE account SET state = 'inactive' WHERE org_id = ? AND id = ?", org, account))
}

// EndSessions signs an account out everywhere, and ends the links with which a
// password is chosen.
func (d *Directory) EndSessions(ctx context.Context, tx store.Tx, org id.Org, account id.Account) error {
	return d.end(ctx, tx, org, account, "session", "password_link", "sign_in_step")
}

func (d *Directory) end(ctx context.Context, tx store.Tx, org id.Org, account id.Account, tables ...string) error {
	for _, table := range tables {
		if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE org_id = ? AND account_id = ?", org, account); err != nil {
			return fmt.Errorf("end the sessions of an account: %w", err)
		}
	}
	d.Ended(tx, org)
	return nil
}

// keepsAdmin refuses what would leave no other active administrator.
func (d *Directory) keepsAdmin(ctx context.Context, tx store.Tx, org id.Org, account id.Account) error {
	var others, is int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM account WHERE org_id = ? AND id = ? AND role = 'admin' AND state = 'active'", org, account).Scan(&is); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM account WHERE org_id = ? AND id <> ? AND role = 'admin' AND state = 'active'", org, account).Scan(&others); err != nil {
		return err
	}
	if is > 0 && others == 0 {
		return ErrLast
	}
	return nil
}

func found(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrNoSession
	}
	return err
}
