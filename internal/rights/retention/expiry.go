package retention

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// ExpireEvery is how often each room deletes what it has kept long enough. The
// shortest of the periods is a day (see [Classes]).
const ExpireEvery = time.Hour

// Expire deletes what a room has kept long enough.
type Expire func(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error

// Expiry has everybody delete. Each part may run on several nodes at once and
// twice in a row.
type Expiry struct {
	DB   *store.DB
	Now  func() time.Time
	Log  *slog.Logger
	Orgs *org.Registry
	// Clock says whether the time can be right. By one that can't be, nobody
	// deletes anything.
	Clock Clock
	// All delete what belongs to no organisation.
	All []func(ctx context.Context, tx store.Tx, now time.Time) error
	// Delete, in one transaction for each organisation.
	Rooms []Expire
	// Then follows, for each organisation, in transactions of its own.
	Then []func(ctx context.Context, o org.Org) error
}

// Run does it once, for all organisations. What fails for one does not keep the
// others from it; but where one of them can't believe the time, what belongs to
// none of them stays.
func (t Expiry) Run(ctx context.Context) error {
	orgs, err := t.Orgs.All(ctx, t.DB)
	believed := true
	for _, o := range orgs {
		one, oneErr := t.one(ctx, o)
		if oneErr != nil && ctx.Err() == nil {
			t.Log.Error("housekeeping failed; it comes round again", "organisation", o.ID.String(), "error", oneErr)
		}
		believed = believed && one
	}
	if !believed {
		return err
	}
	now := t.Now()
	return errors.Join(err, t.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, expire := range t.All {
			if err := expire(ctx, tx, now); err != nil {
				return err
			}
		}
		return nil
	}))
}

// one reports whether the time was believed.
func (t Expiry) one(ctx context.Context, o org.Org) (believed bool, err error) {
	var now time.Time
	err = t.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		at, s, err := t.Clock.Look(ctx, tx, o.ID)
		now, believed = at, s.Doubt == Believed
		return err
	})
	if err != nil || !believed {
		return false, err
	}
	err = t.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, expire := range t.Rooms {
			if err := expire(ctx, tx, o.ID, now); err != nil {
				return err
			}
		}
		return nil
	})
	for _, then := range t.Then {
		err = errors.Join(err, then(ctx, o))
	}
	return true, err
}
