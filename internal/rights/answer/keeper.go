package answer

import (
	"context"
	"time"

	"einklang/internal/engine/blob"
	"einklang/internal/engine/store"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
)

// Parcels are the packages that lie ready for people, each in a file of its own:
// which there are, stands with the cases.
type Parcels struct {
	*cases.Parcels
	Box *blob.Box
}

// Erase deletes the packages of a person with their files.
func (p Parcels) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	all, err := p.Of(ctx, tx, org, person)
	if err != nil {
		return 0, false, err
	}
	return int64(len(all)), false, p.delete(ctx, tx, org, all)
}

// Expire deletes packages whose time is over.
func (p Parcels) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	over, err := p.Over(ctx, tx, org, now)
	if err != nil {
		return err
	}
	return p.delete(ctx, tx, org, over)
}

func (p Parcels) delete(ctx context.Context, tx store.Tx, org id.Org, all []cases.Parcel) error {
	for _, one := range all {
		if err := p.Box.Delete(ctx, tx, org, one.ID); err != nil {
			return err
		}
	}
	return p.Delete(ctx, tx, org, all)
}
