package notice

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Check numbers the check of the parts. It grows with each thing that a notice
// has to say beside what the check before asked for.
const Check = 1

// Grace is for how long a version that passed an earlier check goes on when the
// check has grown (S12).
const Grace = 30 * 24 * time.Hour

// RecheckEvery is how often is looked whether the versions in force say what
// they have to.
const RecheckEvery = time.Hour

// Lookup finds a text of the pages.
type Lookup func(key string, args ...any) string

// parted finds what versions do not say; each is read once, for none changes.
type parted struct {
	de, en Lookup
	read   sync.Map // id.Notice → []Gap
}

func (p *parted) gaps(v Version) []Gap {
	if known, ok := p.read.Load(v.ID); ok {
		return known.([]Gap)
	}
	gaps := Gaps(v.Draft(p.de, p.en))
	p.read.Store(v.ID, gaps)
	return gaps
}

// Lacking reports whether a version in force carries no message any more: it
// leaves out what it must say, and never was complete, or its grace is over.
func (b *Board) Lacking(v Version) bool {
	if len(b.said.gaps(v)) == 0 {
		return false
	}
	until := b.GraceEnds(v)
	return until.IsZero() || !b.now().Before(until)
}

// GraceEnds is until when a version that is short of the check goes on, because
// it passed an earlier one; zero if it is complete, or never was.
func (b *Board) GraceEnds(v Version) time.Time {
	switch {
	case len(b.said.gaps(v)) == 0 || v.passed == 0:
		return time.Time{}
	case v.short.IsZero():
		return b.now().Add(Grace) // nobody has looked yet
	default:
		return v.short.Add(Grace)
	}
}

// RecheckAll notes of each organisation's version in force whether it passes the
// check of this release, or since when it is short of it.
func (b *Board) RecheckAll(ctx context.Context, db *store.DB, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	if err != nil {
		return err
	}
	var errs error
	for _, org := range all {
		errs = errors.Join(errs, db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return b.recheck(ctx, tx, org) }))
	}
	return errs
}

func (b *Board) recheck(ctx context.Context, tx store.Tx, org id.Org) error {
	v, err := b.Current(ctx, tx, org)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	passed, short := v.passed, v.short
	switch complete := len(b.said.gaps(v)) == 0; {
	case complete:
		passed, short = Check, time.Time{}
	case v.passed > 0 && v.short.IsZero():
		short = b.now()
	}
	if passed == v.passed && short.Equal(v.short) {
		return nil
	}
	if _, err := tx.Exec(ctx, "UPDATE notice SET passed = ?, short_since = ? WHERE org_id = ? AND id = ?", int64(passed), store.Micros(short), org, v.ID); err != nil {
		return fmt.Errorf("note what a notice is short of: %w", err)
	}
	return nil
}

// Short is the version in force if it leaves out what it must say, and until
// when it goes on all the same; zero if it carries no message any more. The zero
// id: it is complete, or none is published.
func (b *Board) Short(ctx context.Context, r store.Reader, org id.Org) (id.Notice, time.Time, error) {
	v, err := b.Current(ctx, r, org)
	switch {
	case errors.Is(err, ErrNone), err == nil && len(b.said.gaps(v)) == 0:
		return id.Notice{}, time.Time{}, nil
	case err != nil || b.Lacking(v):
		return v.ID, time.Time{}, err
	default:
		return v.ID, b.GraceEnds(v), nil
	}
}
