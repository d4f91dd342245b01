package answer

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Parcels are the packages that lie ready for people, each in a file of its own.
// Which there are, the cases keep, and claim.
type Parcels struct{ *Answers }

// Claims are none: the parcels stand with the cases.
func (Parcels) Claims() []store.Claim { return nil }

// Merge is nothing: parcels follow with the cases.
func (Parcels) Merge(context.Context, store.Tx, id.Org, id.Person, id.Person) error { return nil }

// Erase deletes the packages of a person with their files.
func (p Parcels) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	return 0, false, p.erase(ctx, tx, org, person)
}
