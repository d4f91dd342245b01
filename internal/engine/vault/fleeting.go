package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// A fleeting key seals what waits in a queue for the eyes of one person: a code
// or a link. It is the row's own, lies in no backup, and is destroyed when the
// words have left or their time is over, so that no copy of the row is ever
// readable. Whatever loses it loses the words: she asks for them again.

// Fleeting makes the key of a row, to be destroyed at until at the latest.
func (o *Org) Fleeting(ctx context.Context, tx store.Tx, row id.Any, until time.Time) (*Keyring, error) {
	key, err := newDataKey(id.Key(o.vault.ids.New()), fresh())
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO fleeting_key (org_id, row_id, id, generation, wrapped, until) VALUES (?, ?, ?, ?, ?, ?)",
		o.id, id.ID(row), key.id, o.generation, o.keys[o.generation].wrap(key.raw[:], o.dataContext(key.id)), store.Micros(until)); err != nil {
		return nil, fmt.Errorf("store a fleeting key: %w", err)
	}
	return &Keyring{org: o.id, owner: id.Person(row), keys: []*dataKey{key}}, nil
}

// OfRow opens the fleeting key of a row; ErrDestroyed if there is none.
func (o *Org) OfRow(ctx context.Context, r store.Reader, row id.Any) (*Keyring, error) {
	var at id.Key
	var generation int64
	var wrapped []byte
	err := r.QueryRow(ctx, "SELECT id, generation, wrapped FROM fleeting_key WHERE org_id = ? AND row_id = ?", o.id, id.ID(row)).Scan(&at, &generation, &wrapped)
	if errors.Is(err, store.ErrNoRows) {
		return nil, ErrDestroyed
	}
	if err != nil {
		return nil, fmt.Errorf("read a fleeting key: %w", err)
	}
	key, err := o.unwrap(ctx, r, at, generation, wrapped)
	if err != nil {
		return nil, fmt.Errorf("open a fleeting key: %w", err)
	}
	return &Keyring{org: o.id, owner: id.Person(row), keys: []*dataKey{key}}, nil
}

// DestroyFleeting destroys the fleeting keys of rows.
func DestroyFleeting[Row id.Like](ctx context.Context, tx store.Tx, org id.Org, rows ...Row) error {
	gone := make([][]any, len(rows))
	for i, row := range rows {
		gone[i] = []any{org, id.ID(row)}
	}
	if err := tx.DeleteMany(ctx, store.Delete{From: "fleeting_key", Where: "org_id = ? AND row_id = ?"}, gone); err != nil {
		return fmt.Errorf("destroy fleeting keys: %w", err)
	}
	return nil
}

// ExpireFleeting destroys the fleeting keys whose time is over.
func (v *Vault) ExpireFleeting(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	over, err := store.Collect(ctx, tx, store.One[id.ID], "SELECT row_id FROM fleeting_key WHERE org_id = ? AND until <= ? LIMIT 1000", org, store.Micros(now))
	if err != nil {
		return fmt.Errorf("look for fleeting keys whose time is over: %w", err)
	}
	return DestroyFleeting(ctx, tx, org, over...)
}
