package intake

import (
	"context"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
)

// identityChanged applies a system message: the person has a new number or a
// new business-scoped user ID.
func (in *Intake) identityChanged(ctx context.Context, tx store.Tx, orgID id.Org, m *cloudapi.IncomingMessage, received time.Time) error {
	switch m.Content.System.Type {
	case "user_changed_number", "user_changed_user_id", "customer_changed_number":
		return in.changed(ctx, tx, orgID, changeOf(m, received))
	default:
		return nil
	}
}

// changeOf reads a change in every form that Meta has given it. The sender may
// be the old identity, the new one or missing: what is named as new is new,
// all else is old.
func changeOf(m *cloudapi.IncomingMessage, received time.Time) contact.Change {
	s := m.Content.System
	c := contact.Change{At: dated(m.Timestamp, received),
		After: contact.Sighting{Phone: s.WaID, FromMeta: true, BSUID: s.UserID, ParentBSUID: s.ParentUserID}}
	if s.NewWaID != "" {
		c.After.Phone = s.NewWaID
	}
	if c.After.Phone == "" && m.From != "" && m.UserID != "" && m.UserID == s.UserID {
		c.After.Phone = m.From // she writes from her new number, under her new id
	}
	for _, old := range []contact.Sighting{
		{BSUID: s.PreviousUserID}, {ParentBSUID: s.PreviousParentUserID}, {BSUID: m.UserID}, {ParentBSUID: m.ParentUserID}, {Phone: m.From, FromMeta: true}, {Phone: s.Customer, FromMeta: true},
	} {
		switch {
		case old.BSUID != "" && old.BSUID != c.After.BSUID,
			old.ParentBSUID != "" && old.ParentBSUID != c.After.ParentBSUID,
			old.Phone != "" && phone.Canonical(old.Phone) != phone.Canonical(c.After.Phone):
			c.Before = append(c.Before, old)
		}
	}
	return c
}

// changed makes one person of the old identities and the new, in whatever
// order things arrive: her messages under either may still be on their way, so
// that she becomes known if she is not. A person who was erased stays so under
// her new identities.
func (in *Intake) changed(ctx context.Context, tx store.Tx, orgID id.Org, c contact.Change) error {
	if len(c.Before) == 0 || c.After.Phone == "" && c.After.BSUID == "" && c.After.ParentBSUID == "" {
		return nil
	}
	handles, err := in.People.Handles(ctx, tx, orgID, c)
	if err != nil {
		return err
	}
	erased, err := in.Graves.Follow(ctx, tx, orgID, handles)
	if err != nil {
		return err
	}
	known, err := in.People.Change(ctx, tx, orgID, c)
	if err != nil || known != nil || erased {
		return err
	}
	if erasing, err := in.held(ctx, tx, orgID, c); err != nil || erasing {
		return err
	}
	if _, err := in.People.Resolve(ctx, tx, orgID, c.Before[:1]); err != nil {
		return err
	}
	_, err = in.People.Change(ctx, tx, orgID, c)
	return err
}

// held reports whether somebody under erasure has one of the old identities.
func (in *Intake) held(ctx context.Context, tx store.Tx, orgID id.Org, c contact.Change) (bool, error) {
	for _, s := range c.Before {
		p, err := in.lookup(ctx, tx, orgID, s.Phone, s.BSUID)
		if err != nil || p != nil && p.Erased {
			return true, err
		}
	}
	return false, nil
}
