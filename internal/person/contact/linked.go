package contact

import (
	"context"
	"fmt"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Parted is told, in the same transaction, that a person is about to be erased:
// what links her record to others ends.
type Parted func(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error

// Parting says who keeps the links. Call it before the Book is used.
func (b *Book) Parting(told Parted) { b.parted = told }

// linked reads, for each mark of linked records, what restricts in any of them.
func (b *Book) linked(ctx context.Context, r store.Reader, org id.Org, marks []id.Link) (map[id.Link]chat.Flags, error) {
	marks = slices.DeleteFunc(marks, id.Link.IsZero)
	if len(marks) == 0 {
		return nil, nil
	}
	type member struct {
		mark  id.Link
		flags chat.Flags
	}
	all, err := store.CollectIn(ctx, r, func(row store.Row) (m member, err error) {
		f := &m.flags
		return m, row.Scan(&m.mark, &f.Blocked, &f.OptedOut, &f.Restricted, &f.Objected, &f.Minor, &f.Held, &f.Halted)
	}, "SELECT linked, blocked, opted_out, restricted, objected, minor, held, halted FROM contact WHERE org_id = ? AND linked IN (?)", id.Distinct(marks), org)
	if err != nil {
		return nil, fmt.Errorf("read the flags of linked people: %w", err)
	}
	strict := make(map[id.Link]chat.Flags, len(marks))
	for _, m := range all {
		strict[m.mark] = strict[m.mark].Stricter(m.flags)
	}
	return strict, nil
}

// LinkedWith lists some people and all whose records are linked with theirs.
func (b *Book) LinkedWith(ctx context.Context, r store.Reader, org id.Org, people ...id.Person) ([]id.Person, error) {
	all, err := store.CollectIn(ctx, r, store.One[id.Person],
		"SELECT o.id FROM contact c JOIN contact o ON o.org_id = c.org_id AND o.linked = c.linked WHERE c.org_id = ? AND c.linked IS NOT NULL AND c.id IN (?)", people, org)
	if err != nil {
		return nil, fmt.Errorf("read who is linked: %w", err)
	}
	return id.Distinct(append(all, people...)), nil
}

// Marks are the marks of those of some people, or of everybody, whose records are
// linked, and of those with whom they are.
func (b *Book) Marks(ctx context.Context, r store.Reader, org id.Org, people ...id.Person) (map[id.Person]id.Link, error) {
	marks := map[id.Person]id.Link{}
	scan := func(row store.Row) (struct{}, error) {
		var p id.Person
		var mark id.Link
		err := row.Scan(&p, &mark)
		marks[p] = mark
		return struct{}{}, err
	}
	var err error
	if people == nil {
		_, err = store.Collect(ctx, r, scan, "SELECT id, linked FROM contact WHERE org_id = ? AND linked IS NOT NULL", org)
	} else {
		_, err = store.CollectIn(ctx, r, scan,
			"SELECT o.id, o.linked FROM contact c JOIN contact o ON o.org_id = c.org_id AND o.linked = c.linked WHERE c.org_id = ? AND c.linked IS NOT NULL AND c.id IN (?)", people, org)
	}
	if err != nil {
		return nil, fmt.Errorf("read who is linked: %w", err)
	}
	return marks, nil
}

// Mark marks the records that hang together by links; with the zero mark they
// stand alone again. ErrNotFound: one who is to be marked is merged or being
// erased.
func (b *Book) Mark(ctx context.Context, tx store.Tx, org id.Org, mark id.Link, people ...id.Person) error {
	for _, p := range people {
		n, err := tx.Exec(ctx, "UPDATE contact SET linked = ? WHERE org_id = ? AND id = ? AND (state = 'active' OR ?)", mark, org, p, mark.IsZero())
		if err != nil {
			return fmt.Errorf("mark linked people: %w", err)
		}
		if n == 0 && !mark.IsZero() {
			return ErrNotFound
		}
	}
	return b.tell(ctx, tx, org, people...)
}

// Pin keeps two people from being merged or erased by somebody else until the
// transaction ends. ErrNotFound: one of them is already.
func (b *Book) Pin(ctx context.Context, tx store.Tx, org id.Org, one, other id.Person) error {
	if id.Compare(other, one) < 0 { // in one order, so that nobody waits for somebody who waits
		one, other = other, one
	}
	for _, p := range []id.Person{one, other} {
		n, err := tx.Exec(ctx, "UPDATE contact SET linked = linked WHERE org_id = ? AND id = ? AND state = 'active'", org, p)
		if err != nil {
			return fmt.Errorf("pin two people: %w", err)
		}
		if n == 0 {
			return ErrNotFound
		}
	}
	return nil
}

// Identified are those of some people who are known by a number or a user id.
func (b *Book) Identified(ctx context.Context, r store.Reader, org id.Org, people ...id.Person) ([]id.Person, error) {
	all, err := store.CollectIn(ctx, r, store.One[id.Person], "SELECT DISTINCT contact_id FROM identity WHERE org_id = ? AND contact_id IN (?)", people, org)
	if err != nil {
		return nil, fmt.Errorf("read who has an identity: %w", err)
	}
	return all, nil
}
