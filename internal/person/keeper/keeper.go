// Package keeper says what everybody does who keeps something about a person,
// and has all of them do it. A room that keeps something implements [Keeper] and
// stands once in the list of keepers; a test compares the claims of all with the
// tables there are, and looks at what each verb leaves.
package keeper

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// Room keeps something about people, in tables of its own.
type Room interface {
	// Claims are the columns of its tables that name a person.
	Claims() []store.Claim
	// Merge hands what is kept about one person to the one she turned out to be.
	Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error
	// Erase deletes what is kept about a person (GDPR Art. 17), or a bite of it:
	// how many rows, and whether it wants to be called again.
	Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (n int64, more bool, err error)
	// Expire deletes what has been kept long enough (Art. 5(1)(e)). What the
	// organisation itself gives a period, the retention run deletes.
	Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error
}

// Keeper is a room that also tells the person what it keeps.
type Keeper interface {
	Room
	// Export writes what is kept about a person into her record (Art. 15, 20).
	// What cannot be read now is an error; only what is gone is left out.
	Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error
}

// Counter counts what it keeps about a person, before she is erased.
type Counter interface {
	CountOf(ctx context.Context, r store.Reader, org id.Org, person id.Person) (int64, error)
}

// Untold is a room that tells nothing: its claims say where else it is told, or
// why it need not be.
type Untold struct{ Room }

// Export writes nothing.
func (Untold) Export(context.Context, store.Reader, id.Org, *record.Record) error { return nil }

// Named is a keeper under the key of its text: erasure.part.NAME.
type Named struct {
	Name string
	Keeper
}

// Keepers are all who keep something about people, in the order in which they
// erase it: first what could still leave the house, then what is large, then
// what others have written about her, and last what brought her in. New ones
// stand at the end: an erasure under way goes on by the place in the list.
type Keepers []Named

// Claims are those of all.
func (all Keepers) Claims() (claims []store.Claim) {
	for _, k := range all {
		claims = append(claims, k.Claims()...)
	}
	return claims
}

// Merge has each hand over what it keeps.
func (all Keepers) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	for _, k := range all {
		if err := k.Merge(ctx, tx, org, from, into); err != nil {
			return fmt.Errorf("merge %s: %w", k.Name, err)
		}
	}
	return nil
}

// Expire has each delete what it has kept long enough.
func (all Keepers) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	for _, k := range all {
		if err := k.Keeper.Expire(ctx, tx, org, now); err != nil {
			return fmt.Errorf("expire %s: %w", k.Name, err)
		}
	}
	return nil
}

// Export has each tell what it keeps.
func (all Keepers) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	for _, k := range all {
		if err := k.Keeper.Export(ctx, r, org, into); err != nil {
			return fmt.Errorf("export %s: %w", k.Name, err)
		}
	}
	return nil
}
