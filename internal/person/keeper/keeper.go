// Package keeper says what everybody does who keeps something about a person,
// and has all of them do it. A room that keeps something claims its columns and
// has the verbs that its claims do not excuse; it stands once in the list of
// keepers. Tests compare the claims of all with the tables there are, and the
// verbs with the claims, and look at what each verb leaves.
package keeper

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

// Room keeps something about people, in tables of its own. What else it does it
// says by having a verb; a verb that it lacks is excused by each of its claims.
type Room interface {
	// Claims are the columns of its tables that name a person.
	Claims() []store.Claim
}

// Merger hands what is kept about one person to the one she turned out to be.
type Merger interface {
	Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error
}

// Eraser deletes what is kept about a person (GDPR Art. 17), or a bite of it:
// how many rows, and whether it wants to be called again.
type Eraser interface {
	Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (n int64, more bool, err error)
}

// Expirer deletes what has been kept for as long as the house keeps it
// (Art. 5(1)(e)).
type Expirer interface {
	Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error
}

// Classed deletes what has been kept for the period that the organisation gives
// its class, from after on, a bite at a time, and adds to the counts by class.
// The zero cursor ends it. Doing it again finds nothing the second time.
type Classed interface {
	ExpireClasses(ctx context.Context, tx store.Tx, org id.Org, o period.Orders, after id.Cursor, counts map[string]int64) (next id.Cursor, err error)
}

// Teller writes what is kept about a person into her record (Art. 15, 20). What
// cannot be read now is an error; only what is gone is left out.
type Teller interface {
	Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error
}

// Counter counts what it keeps about a person, before she is erased.
type Counter interface {
	CountOf(ctx context.Context, r store.Reader, org id.Org, person id.Person) (int64, error)
}

// Restorer is told that the rows come from a backup: what was waiting then is not
// sent or handed out by itself.
type Restorer interface {
	Restored(ctx context.Context, tx store.Tx) error
}

// Stater tells the cockpit and the documents how many of something it keeps, and
// how it stands: nothing about a person.
type Stater interface {
	Facts(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error
}

// Named is a room under the key of its text: erasure.part.NAME.
type Named struct {
	Name string
	Room
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

// each has those who have a verb do it.
func each[V any](all Keepers, verb string, do func(V) error) error {
	for _, k := range all {
		if room, has := k.Room.(V); has {
			if err := do(room); err != nil {
				return fmt.Errorf("%s %s: %w", verb, k.Name, err)
			}
		}
	}
	return nil
}

// Merge has each hand over what it keeps.
func (all Keepers) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	return each(all, "merge", func(k Merger) error { return k.Merge(ctx, tx, org, from, into) })
}

// Expire has each delete what it has kept long enough.
func (all Keepers) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	return each(all, "expire", func(k Expirer) error { return k.Expire(ctx, tx, org, now) })
}

// Export has each tell what it keeps.
func (all Keepers) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	return each(all, "export", func(k Teller) error { return k.Export(ctx, r, org, into) })
}

// Restored tells each that the rows come from a backup.
func (all Keepers) Restored(ctx context.Context, tx store.Tx) error {
	return each(all, "put on hold", func(k Restorer) error { return k.Restored(ctx, tx) })
}

// Staters are those who tell the cockpit something.
func (all Keepers) Staters() []Stater { return having[Stater](all) }

// Classed are those who keep something for a period of the organisation's own.
func (all Keepers) Classed() []Classed { return having[Classed](all) }

// having are the rooms that have a verb.
func having[V any](all Keepers) (rooms []V) {
	for _, k := range all {
		if room, has := k.Room.(V); has {
			rooms = append(rooms, room)
		}
	}
	return rooms
}
