package vault

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// rewrapBatch is how many keys are wrapped anew in one transaction.
const rewrapBatch = 500

// Rewrap wraps all organisations' keys with the newest root key, and along ends
// with it. It may be run again.
func (v *Vault) Rewrap(ctx context.Context, db *store.DB, along store.Course) error {
	err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		type row struct {
			org             id.Org
			generation      int64
			wrapped, lookup []byte
		}
		rows, err := store.Collect(ctx, tx, func(r store.Row) (row, error) {
			var k row
			return k, r.Scan(&k.org, &k.generation, &k.wrapped, &k.lookup)
		}, "SELECT org_id, generation, wrapped, lookup FROM org_key")
		if err != nil {
			return err
		}
		updates := make([][]any, len(rows))
		for i, k := range rows {
			key, err := v.rewrap(k.wrapped, orgContext(k.org))
			if err != nil {
				return err
			}
			lookup, err := v.rewrap(k.lookup, lookupContext(k.org))
			if err != nil {
				return err
			}
			updates[i] = []any{key, lookup, k.org, k.generation}
		}
		if err := tx.UpdateMany(ctx, store.Update{Table: "org_key", Set: "wrapped = ?, lookup = ?", Where: "org_id = ? AND generation = ?"}, updates); err != nil {
			return err
		}
		return along.End(ctx, tx, len(rows))
	})
	if err != nil {
		return fmt.Errorf("wrap keys anew: %w", err)
	}
	return nil
}

func (v *Vault) rewrap(wrapped, context []byte) ([]byte, error) {
	key, err := v.root.Unwrap(wrapped, context)
	if err != nil {
		return nil, ErrTampered
	}
	return v.root.Wrap(key, context)
}

// RotateOrg gives an organisation a new key and wraps its data keys with it,
// in batches while everything runs. It may be stopped and run again: it then
// goes on with the newest key. The number that along ends with is that of the
// data keys.
func (v *Vault) RotateOrg(ctx context.Context, db *store.DB, org id.Org, along store.Course) error {
	o, err := v.readOrg(ctx, db, org)
	if err != nil {
		return err
	}
	pending, err := o.pending(ctx, db)
	if err != nil {
		return err
	}
	if pending == 0 {
		if err := v.nextGeneration(ctx, db, o, along); err != nil {
			return err
		}
		if o, err = v.readOrg(ctx, db, org); err != nil {
			return err
		}
	}
	v.evict(org)
	done := 0
	for {
		n, err := o.rewrapSome(ctx, db, along)
		if err != nil {
			return fmt.Errorf("rotate an organisation's key: %w", err)
		}
		if n == 0 {
			break
		}
		done += n
	}
	// The key before this one stays until the next rotation: another node may
	// still wrap with it for a moment.
	return db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM org_key WHERE org_id = ? AND generation < ?", org, o.generation-1)
		if err != nil {
			return err
		}
		return along.End(ctx, tx, done)
	})
}

// pending counts the data keys that an older key of the organisation wraps.
func (o *Org) pending(ctx context.Context, r store.Reader) (int64, error) {
	var n int64
	err := r.QueryRow(ctx, "SELECT COUNT(*) FROM data_key WHERE org_id = ? AND generation < ?", o.id, o.generation).Scan(&n)
	return n, err
}

func (v *Vault) nextGeneration(ctx context.Context, db *store.DB, o *Org, along store.Course) error {
	wrapped, err := v.root.Wrap(fresh(), orgContext(o.id))
	if err != nil {
		return fmt.Errorf("wrap an organisation's key: %w", err)
	}
	err = db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		var lookup []byte
		if err := tx.QueryRow(ctx, "SELECT lookup FROM org_key WHERE org_id = ? AND generation = ?", o.id, o.generation).Scan(&lookup); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO org_key (org_id, generation, wrapped, lookup, created_at) VALUES (?, ?, ?, ?, ?)",
			o.id, o.generation+1, wrapped, lookup, store.Micros(v.now()))
		if err != nil {
			return err
		}
		return along.Begin(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("store an organisation's new key: %w", err)
	}
	return nil
}

// rewrapSome wraps one batch of data keys with the newest key.
func (o *Org) rewrapSome(ctx context.Context, db *store.DB, along store.Course) (int, error) {
	n := 0
	err := db.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
		type row struct {
			id         id.Key
			owner      id.ID
			generation int64
			wrapped    []byte
		}
		rows, err := store.Collect(ctx, tx, func(r store.Row) (row, error) {
			var k row
			return k, r.Scan(&k.id, &k.owner, &k.generation, &k.wrapped)
		}, "SELECT id, owner_id, generation, wrapped FROM data_key WHERE org_id = ? AND generation < ? LIMIT ?", o.id, o.generation, int64(rewrapBatch))
		if err != nil {
			return err
		}
		updates := make([][]any, len(rows))
		for i, k := range rows {
			wrapper, err := o.wrapper(ctx, tx, k.generation)
			if err != nil {
				return err
			}
			plain, err := wrapper.unwrap(k.wrapped, o.dataContext(k.id))
			if err != nil {
				return err
			}
			updates[i] = []any{o.keys[o.generation].wrap(plain, o.dataContext(k.id)), o.generation, o.id, k.owner, k.id}
		}
		n = len(rows)
		if err := tx.UpdateMany(ctx, store.Update{Table: "data_key", Set: "wrapped = ?, generation = ?", Where: "org_id = ? AND owner_id = ? AND id = ?"}, updates); err != nil || n == 0 {
			return err
		}
		return along.Begin(ctx, tx) // it may go on with what was stopped
	})
	return n, err
}
