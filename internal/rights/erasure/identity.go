package erasure

import (
	"context"
	"errors"

	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Identity is by what a person is known outside.
type Identity struct {
	pii.Personal
	Contact id.Person `json:"contact"`
	Phones  []string  `json:"phones,omitempty"` // E.164 digits, in every spelling
	BSUIDs  []string  `json:"bsuids,omitempty"` // the first is the current one
}

// Marks are the strings by which a person is named in what Meta sends.
func (i Identity) Marks() []string { return append(append([]string(nil), i.Phones...), i.BSUIDs...) }

// settle finds the person that an id stands for today, with her identities;
// ErrNobody if there is none.
func settle(ctx context.Context, r store.Reader, people Book, org id.Org, person id.Person) (Identity, error) {
	k, err := people.Get(ctx, r, org, person)
	if errors.Is(err, contact.ErrNotFound) {
		return Identity{}, ErrNobody
	}
	if err != nil {
		return Identity{}, err
	}
	who := Identity{Contact: k.ID}
	who.Phones, who.BSUIDs = k.Profile.Numbers(), k.Profile.UserIDs()
	return who, nil
}

// freeze stops everything that is sent to a person.
func (d *Erasures) freeze(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	if err := d.People.Freeze(ctx, tx, org, person); err != nil {
		if errors.Is(err, contact.ErrNotFound) {
			return ErrNobody
		}
		return err
	}
	return d.Unsend(ctx, tx, org, person)
}
