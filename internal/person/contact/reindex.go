package contact

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Reindex makes the blind index of names anew, for at most limit people after
// an id; the zero id ends it. Backups leave the index out.
func (b *Book) Reindex(ctx context.Context, tx store.Tx, org id.Org, after id.Cursor, limit int) (next id.Cursor, err error) {
	people, err := store.Collect(ctx, tx, store.One[id.Person], "SELECT id FROM contact WHERE org_id = ? AND id > ? AND state = 'active' ORDER BY id LIMIT ?", org, after[:], int64(limit))
	if err != nil || len(people) == 0 {
		return id.Cursor{}, err
	}
	known, err := b.GetMany(ctx, tx, org, people)
	if err != nil {
		return id.Cursor{}, fmt.Errorf("index names anew: %w", err)
	}
	r, err := b.resolving(ctx, tx, org)
	if err != nil {
		return id.Cursor{}, err
	}
	alive := make([]*chat.Known, 0, len(known))
	for _, k := range known {
		if !k.Erased {
			alive = append(alive, k)
		}
	}
	if len(people) == limit {
		next = id.Cursor(people[len(people)-1])
	}
	return next, r.index(ctx, alive)
}
