package user

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// ErrNotFound says that there is no such account.
var ErrNotFound = errors.New("there is no such account")

// Access is how an account gets in, as far as a restore must not undo it.
type Access struct {
	pii.Personal
	Password string // hashed
	Shut     bool   // it may not sign in
}

// Deciding has somebody told whenever an account's access is decided anew.
func (d *Directory) Deciding(told func(ctx context.Context, tx store.Tx, org id.Org, account id.ID) error) {
	d.decided = told
}

// Access reads how an account gets in.
func (d *Directory) Access(ctx context.Context, r store.Reader, org id.Org, account id.Account) (a Access, err error) {
	var state string
	err = r.QueryRow(ctx, "SELECT password, state FROM account WHERE org_id = ? AND id = ?", org, account).Scan(&a.Password, &state)
	if errors.Is(err, store.ErrNoRows) {
		err = ErrNotFound
	}
	a.Shut = state != "active"
	return a, err
}

// SetAccess makes hold again what was decided since the backup that is brought
// back: the newer password, and that somebody may not sign in. ErrNotFound: the
// backup does not know the account.
func (d *Directory) SetAccess(ctx context.Context, tx store.Tx, org id.Org, account id.Account, a Access) error {
	before, err := d.Access(ctx, tx, org, account)
	if err != nil {
		return err
	}
	if err := d.setHash(ctx, tx, org, account, a.Password); err != nil {
		return fmt.Errorf("replace a password: %w", err)
	}
	if !a.Shut {
		return nil
	}
	_, rights, _, err := d.standing(ctx, tx, org, account)
	if err == nil && rights.Decides() && !before.Shut {
		err = d.leaves(ctx, tx, org, account)
	}
	if err != nil {
		return err
	}
	return found(tx.Exec(ctx, "UPDATE account SET state = 'inactive' WHERE org_id = ? AND id = ?", org, account))
}
