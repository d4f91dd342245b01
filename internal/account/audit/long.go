package audit

import (
	"context"
	"fmt"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// endKind is the kind of the leaf about the end of a long act.
const endKind = "audit.ended"

// ending is what that leaf holds.
type ending struct {
	Entry string `json:"entry"`
	Done  int64  `json:"done"`
}

// Begin adds the entry to the first transaction of an act of many, and nothing
// to the others. Until [Act.End] the log says of it that it has not ended, so
// what was broken off is seen. With End, an Act is a [store.Course].
func (a *Act) Begin(ctx context.Context, tx store.Tx) error {
	if a.Done() {
		return nil
	}
	deed := a.deed
	deed.Long = true
	entry, err := a.log.write(ctx, tx, a.org, deed)
	if err != nil {
		return fmt.Errorf("write down what begins: %w", err)
	}
	tx.AfterCommit(func() {
		a.entry = entry
		a.done.Store(true)
	})
	return nil
}

// End adds to the last transaction that the act has ended, and how much it did.
// What has not begun does not end: it found nothing to do.
func (a *Act) End(ctx context.Context, tx store.Tx, done int) error {
	if a.entry.IsZero() {
		return nil
	}
	leaf, err := a.log.append(ctx, tx, a.org, evidence.Entry{ID: id.Entry(a.log.IDs.New()), Kind: endKind, At: a.log.Now(), Record: ending{a.entry.String(), int64(done)}})
	if err == nil {
		_, err = tx.Exec(ctx, "UPDATE audit SET end_leaf = ?, done = ? WHERE org_id = ? AND id = ?", leaf, int64(done), a.org, a.entry)
	}
	if err != nil {
		return fmt.Errorf("write down what has ended: %w", err)
	}
	return nil
}

// Acts are the same long act, once for each organisation.
type Acts []*Act

// Begin begins them in one transaction.
func (all Acts) Begin(ctx context.Context, tx store.Tx) error {
	for _, a := range all {
		if err := a.Begin(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// End ends them in one transaction.
func (all Acts) End(ctx context.Context, tx store.Tx, done int) error {
	for _, a := range all {
		if err := a.End(ctx, tx, done); err != nil {
			return err
		}
	}
	return nil
}
