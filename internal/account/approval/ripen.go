package approval

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/id"
)

// RipenEvery is how often [Approvals.RipenAll] comes round.
const RipenEvery = 10 * time.Minute

// Ripen grants what nobody else could decide, once it has waited long enough and
// nobody has refused it. It stays marked.
func (d *Approvals) Ripen(ctx context.Context, w store.Writer, r store.Reader, org id.Org) error {
	waiting, err := d.read(ctx, r, org, " AND decided_at = 0 AND alone = TRUE AND asked_at <= ? ORDER BY id", store.Micros(d.now().Add(-foureyes.Wait)))
	var failed []error
	for _, q := range waiting {
		if !q.Question().Due(d.now()) {
			continue
		}
		err := w.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.answer(ctx, tx, org, q, true, q.By) })
		if err != nil && d.about[q.Kind] != nil && !store.Passing(err) && !errors.Is(err, ErrDecided) { // what it is about is over
			err = w.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.note(ctx, tx, org, q, false, q.By) })
		}
		if err != nil && !errors.Is(err, ErrDecided) { // another node was quicker
			failed = append(failed, fmt.Errorf("grant what nobody else could decide: %w", err))
		}
	}
	return errors.Join(append(failed, err)...)
}

// RipenAll is Ripen for all organisations.
func (d *Approvals) RipenAll(ctx context.Context, db *store.DB, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	for _, org := range all {
		err = errors.Join(err, d.Ripen(ctx, db, db, org))
	}
	return err
}
