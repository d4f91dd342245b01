package processors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
)

// Check numbers the check of the entries. It grows with each thing that an entry
// has to say beside what the check before asked for. The first asks for the name,
// the place, and the footing of a transfer to it.
const Check = 1

// Grace is for how long an entry that passed an earlier check goes on when the
// check has grown (S8, S12).
const Grace = 30 * 24 * time.Hour

// RecheckEvery is how often is looked whether the entries say what they have to.
const RecheckEvery = time.Hour

// lacking reports whether an entry does not say where its processor is, or on
// which footing data goes there. One that says so and is wrong has no grace.
func (p Processor) lacking() bool {
	return len(p.Detail.Country) != 2 || p.Detail.Mechanism == "" && !place.InEEA(p.Detail.Country)
}

// GraceEnds is until when an entry that is short of the check covers its numbers,
// because it passed an earlier one; zero if it is complete, or never was.
func (p Processor) GraceEnds(now time.Time) time.Time {
	switch {
	case !p.lacking() || p.passed == 0:
		return time.Time{}
	case p.short.IsZero():
		return now.Add(Grace) // nobody has looked yet
	default:
		return p.short.Add(Grace)
	}
}

func (p Processor) graced(now time.Time) bool { return now.Before(p.GraceEnds(now)) }

// carriesUntil is until when an entry covers its numbers: its agreement's end, or
// that of its grace.
func (p Processor) carriesUntil(now time.Time) time.Time {
	if ends := p.GraceEnds(now); !ends.IsZero() && ends.Before(p.ValidUntil) {
		return ends
	}
	return p.ValidUntil
}

// RecheckAll notes of each organisation's entries whether they pass the check of
// this release, or since when they are short of it.
func (d *Register) RecheckAll(ctx context.Context, db *store.DB, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	if err != nil {
		return err
	}
	var errs error
	for _, org := range all {
		errs = errors.Join(errs, db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.recheck(ctx, tx, org) }))
	}
	return errs
}

func (d *Register) recheck(ctx context.Context, tx store.Tx, org id.Org) error {
	all, err := d.List(ctx, tx, org)
	if err != nil {
		return err
	}
	changed := false
	for _, p := range all {
		passed, short := p.passed, p.short
		switch lacking := p.lacking(); {
		case !lacking:
			passed, short = Check, time.Time{}
		case p.passed > 0 && p.short.IsZero():
			short = d.now()
		}
		if passed == p.passed && short.Equal(p.short) {
			continue
		}
		changed = true
		if _, err := tx.Exec(ctx, "UPDATE processor SET passed = ?, short_since = ? WHERE org_id = ? AND id = ?", passed, store.Micros(short), org, p.ID); err != nil {
			return fmt.Errorf("note what a processor is short of: %w", err)
		}
	}
	if !changed {
		return nil
	}
	return d.tell(ctx, tx, org, nil)
}
