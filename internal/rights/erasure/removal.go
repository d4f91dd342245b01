package erasure

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Removal takes people out of the book whom an import had brought by mistake.
type Removal struct {
	Erasures *Erasures
	// Informed reports whether a person was sent a privacy notice, or one is on
	// its way.
	Informed func(ctx context.Context, r store.Reader, org id.Org, person id.Person) (bool, error)
}

// Untouched reports whether nothing is known of a person but what the import
// brought, consents among it.
func (x Removal) Untouched(ctx context.Context, r store.Reader, org id.Org, person id.Person, consents int64) (bool, error) {
	for _, p := range x.Erasures.Places {
		if p.Count == nil {
			continue
		}
		n, err := p.Count(ctx, r, org, person)
		if p.Name == "consents" {
			n -= consents
		}
		if err != nil || n != 0 {
			return false, err
		}
	}
	if told, err := x.Informed(ctx, r, org, person); err != nil || told {
		return false, err
	}
	k, err := x.Erasures.People.Get(ctx, r, org, person)
	if err != nil {
		return false, err
	}
	// She has written, or somebody has decided something about her.
	return k.Profile.BSUID == "" && k.Flags == (chat.Flags{}), nil
}

// Remove takes a person out.
func (x Removal) Remove(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	for _, p := range x.Erasures.Places {
		for more := true; more; {
			var err error
			if _, more, err = p.Erase(ctx, tx, org, person); err != nil {
				return err
			}
		}
	}
	if _, err := x.Erasures.People.EraseRecord(ctx, tx, org, person); err != nil {
		return err
	}
	keys, err := x.Erasures.Vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	_, err = keys.Destroy(ctx, tx, person)
	return err
}
