package contact

import (
	"context"
	"errors"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Handles are the hashes of all identities that the change speaks of, in every
// spelling under which they may have been kept.
func (b *Book) Handles(ctx context.Context, r store.Reader, org id.Org, c Change) ([]Handle, error) {
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	var all []Handle
	for _, k := range c.told().Keys() {
		all = append(all, spelled(keys, k)...)
	}
	return all, nil
}

// Change makes one person of all whom the change speaks of, and teaches her new
// identities; her old user ids go on leading to her. It returns nil if nobody
// alive is known by any of them. Where the two disagree the stricter flag wins,
// see [Book.Merge].
func (b *Book) Change(ctx context.Context, tx store.Tx, org id.Org, c Change) (*chat.Known, error) {
	r, err := b.resolving(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	told := c.told()
	if err := r.load(ctx, append(told.Before, told.After)...); err != nil {
		return nil, err
	}
	p, err := r.register.Change(told)
	if err != nil {
		return nil, err
	}
	if err := r.save(ctx); err != nil || p == nil {
		return nil, err
	}
	return r.people[p.ID], nil
}

// Learn learns how Meta names a person whom something of ours has reached, by
// the answer to a call or a status. Nobody becomes known by it.
func (b *Book) Learn(ctx context.Context, tx store.Tx, org id.Org, person id.Person, s Sighting) error {
	k, err := b.Get(ctx, tx, org, person)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r, err := b.resolving(ctx, tx, org)
	if err != nil {
		return err
	}
	if err := r.load(ctx, s.seen()); err != nil {
		return err
	}
	if r.people[k.ID] == nil {
		r.know(k)
	}
	if err := r.register.Teach(k.ID, s.seen()); err != nil {
		return err
	}
	return r.save(ctx)
}

// Knows reports, for each of some people whom Meta names, whether nothing can be
// learned: what is told of her leads to her already. It opens nothing.
func (b *Book) Knows(ctx context.Context, tx store.Tx, org id.Org, people []id.Person, seen []Sighting) ([]bool, error) {
	keys, err := b.vault.Org(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	known := make([]bool, len(people))
	var args [][]any
	var of []int
	for i, s := range seen {
		known[i] = true
		for _, k := range s.seen().Keys() {
			args, of = append(args, []any{org, string(k.Kind), keys.Lookup(string(k.Kind), k.Value), people[i]}), append(of, i)
		}
	}
	found := make([]bool, len(args))
	err = tx.QueryMany(ctx, "SELECT 1 FROM identity WHERE org_id = ? AND kind = ? AND hash = ? AND contact_id = ?", args, func(i int, row store.Row) error {
		var one int64
		found[i] = true
		return row.Scan(&one)
	})
	for n, i := range of {
		known[i] = known[i] && found[n]
	}
	return known, err
}
