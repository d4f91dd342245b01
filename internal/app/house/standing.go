package house

import (
	"context"
	"errors"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/journal"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/phones/device"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/id"
)

// Copier copies beside the backups what no restore may undo; nil: there are no
// backups from here.
func (h *House) Copier() *backup.Copier {
	if h.Backups == nil {
		return nil
	}
	return &backup.Copier{DB: h.DB, To: h.Backups, Recipients: h.Config.Backup.Recipients, By: h.Signer, Now: h.Config.Now, Keepers: h.standing()}
}

// standing are those who know what holds about somebody or something.
func (h *House) standing() map[journal.Kind]backup.Keeper {
	return map[journal.Kind]backup.Keeper{
		journal.Person:  {Tell: h.tellPerson, Hold: h.holdPerson, Same: h.samePerson},
		journal.Device:  {Tell: h.tellDevice, Hold: h.holdDevice},
		journal.Account: {Tell: h.tellAccount, Hold: h.holdAccount},
	}
}

// known reads a person; nil: she is not here or erased.
func (h *House) known(ctx context.Context, r store.Reader, s backup.Standing) (*chat.Known, error) {
	all, err := h.People.GetMany(ctx, r, s.Org, []id.Person{id.Person(s.Subject)})
	if p := all[id.Person(s.Subject)]; p != nil && !p.Erased && p.Keys != nil {
		return p, err
	}
	return nil, err
}

func (h *House) tellPerson(ctx context.Context, r store.Reader, s *backup.Standing) (bool, error) {
	p, err := h.known(ctx, r, *s)
	if err != nil || p == nil {
		return false, err
	}
	s.OptedOut, s.Restricted, s.Objected, s.Blocked, s.Minor = p.Flags.OptedOut, p.Flags.Restricted, p.Flags.Objected, p.Flags.Blocked, p.Flags.Minor
	states, err := h.Consents.States(ctx, r, s.Org, p.ID)
	for _, one := range states {
		if one.Withdrawn() {
			s.Ended = append(s.Ended, one.Purpose)
		}
	}
	return true, err
}

// samePerson lists who was merged with a person: into her, or into whom she was
// merged herself.
func (h *House) samePerson(ctx context.Context, r store.Reader, org id.Org, subject id.ID) ([]id.ID, error) {
	p, err := h.known(ctx, r, backup.Standing{Org: org, Subject: subject})
	if err != nil || p == nil {
		return nil, err
	}
	merged, err := h.People.MergedInto(ctx, r, org, p.ID)
	var others []id.ID
	for _, one := range append(merged, p.ID) {
		if id.ID(one) != subject {
			others = append(others, id.ID(one))
		}
	}
	return others, err
}

func (h *House) holdPerson(ctx context.Context, tx store.Tx, s backup.Standing) (bool, error) {
	p, err := h.known(ctx, tx, s)
	if err != nil || p == nil {
		return false, err
	}
	if err := h.Consents.EndAgain(ctx, tx, s.Org, p, optin.Ended{Everything: s.OptedOut, Purposes: s.Ended, At: s.At}); err != nil {
		return true, err
	}
	for flag, set := range map[contact.Flag][2]bool{contact.Restricted: {s.Restricted, p.Flags.Restricted}, contact.Objected: {s.Objected, p.Flags.Objected},
		contact.Blocked: {s.Blocked, p.Flags.Blocked}, contact.Minor: {s.Minor, p.Flags.Minor}} {
		if set[0] && !set[1] {
			if err := h.People.SetFlag(ctx, tx, s.Org, p.ID, flag, true); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

func (h *House) tellDevice(ctx context.Context, r store.Reader, s *backup.Standing) (bool, error) {
	access, err := h.Devices.Access(ctx, r, s.Org, id.Device(s.Subject))
	s.Password, s.Revoked = access.Password, access.Revoked
	return err == nil, ignore(err, device.ErrNotFound)
}

func (h *House) holdDevice(ctx context.Context, tx store.Tx, s backup.Standing) (bool, error) {
	err := h.Devices.SetAccess(ctx, tx, s.Org, id.Device(s.Subject), device.Access{Password: s.Password, Revoked: s.Revoked})
	return err == nil, ignore(err, device.ErrNotFound)
}

func (h *House) tellAccount(ctx context.Context, r store.Reader, s *backup.Standing) (bool, error) {
	access, err := h.Users.Access(ctx, r, s.Org, id.Account(s.Subject))
	s.Password, s.Shut = []byte(access.Password), access.Shut
	if err != nil {
		return false, ignore(err, user.ErrNotFound)
	}
	s.Factors, err = h.Factors.Standing(ctx, r, s.Org, id.Account(s.Subject))
	return err == nil, err
}

func (h *House) holdAccount(ctx context.Context, tx store.Tx, s backup.Standing) (bool, error) {
	account := id.Account(s.Subject)
	err := h.Users.SetAccess(ctx, tx, s.Org, account, user.Access{Password: string(s.Password), Shut: s.Shut})
	if err != nil || len(s.Factors) == 0 {
		return err == nil, ignore(err, user.ErrNotFound)
	}
	if err := h.Factors.Stand(ctx, tx, s.Org, account, s.Factors); err != nil {
		return true, err
	}
	has, err := h.Factors.Has(ctx, tx, s.Org, account)
	if err != nil {
		return true, err
	}
	return true, h.Users.SetFactored(ctx, tx, s.Org, account, has)
}

func ignore(err, known error) error {
	if errors.Is(err, known) {
		return nil
	}
	return err
}
