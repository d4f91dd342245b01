package device

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Access is how a device gets in, as far as a restore must not undo it.
type Access struct {
	pii.Personal
	Password []byte // hashed
	Revoked  bool
}

// Deciding has somebody told whenever a device's access is decided anew.
func (g *Register) Deciding(told func(ctx context.Context, tx store.Tx, org id.Org, device id.ID) error) {
	g.decided = told
}

// Access reads how a device gets in. ErrNotFound: there is none.
func (g *Register) Access(ctx context.Context, r store.Reader, org id.Org, device id.Device) (a Access, err error) {
	var state string
	err = r.QueryRow(ctx, "SELECT password, state FROM device WHERE org_id = ? AND id = ?", org, device).Scan(&a.Password, &state)
	if errors.Is(err, store.ErrNoRows) {
		err = ErrNotFound
	}
	a.Revoked = state == "revoked"
	return a, err
}

// SetAccess makes hold again what was decided since the backup that is brought
// back. ErrNotFound: that one does not know the device.
func (g *Register) SetAccess(ctx context.Context, tx store.Tx, org id.Org, device id.Device, a Access) error {
	now, err := g.Access(ctx, tx, org, device)
	if err != nil || now.Revoked {
		return err
	}
	if a.Revoked {
		return g.revoke(ctx, tx, org, device)
	}
	if err := g.setPassword(ctx, tx, org, device, a.Password); err != nil {
		return fmt.Errorf("replace the password of a device: %w", err)
	}
	return nil
}
