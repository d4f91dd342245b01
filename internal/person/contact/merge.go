package contact

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// merge makes from and into one person: her identities, keys and everything
// that the capabilities keep about her move. Nothing is sealed again, because
// a sealed text names the key that opens it, and the keys move along.
//
// Where the two disagree, the stricter flag wins: who was opted out under one
// id stays opted out.
func (r *resolving) merge(ctx context.Context, from, into id.Person) error {
	if err := r.settle(ctx, from, into); err != nil {
		return err
	}
	gone, stays := r.people[from], r.people[into]
	if err := r.keys.Adopt(ctx, r.tx, from, into); err != nil {
		return fmt.Errorf("hand over the keys: %w", err)
	}
	ring, err := r.keys.Keyring(ctx, r.tx, into)
	if err != nil {
		return err
	}
	stays.Keys = ring
	gone.Keys = ring

	fill(&stays.Profile, gone.Profile)
	r.noted[into] = true
	delete(r.noted, from)
	r.people[from] = stays
	if err := r.mergeRows(ctx, from, into); err != nil {
		return err
	}
	f, g := &stays.Flags, gone.Flags
	f.Blocked, f.OptedOut = f.Blocked || g.Blocked, f.OptedOut || g.OptedOut
	f.Restricted, f.Objected = f.Restricted || g.Restricted, f.Objected || g.Objected
	f.Minor, f.Contract = f.Minor || g.Minor, f.Contract || g.Contract
	f.Held, f.Halted = f.Held || g.Held, f.Halted || g.Halted
	_, err = r.tx.Exec(ctx, "UPDATE contact SET blocked = blocked OR ?, opted_out = opted_out OR ?, restricted = restricted OR ?, objected = objected OR ?, minor = minor OR ?, contract = contract OR ?, held = held OR ?, halted = halted OR ? WHERE org_id = ? AND id = ?",
		f.Blocked, f.OptedOut, f.Restricted, f.Objected, f.Minor, f.Contract, f.Held, f.Halted, r.org, into)
	if err != nil {
		return err
	}
	for _, tell := range r.book.merged {
		if err := tell(ctx, r.tx, r.org, from, into); err != nil {
			return fmt.Errorf("merge two people: %w", err)
		}
	}
	return nil
}

// settle writes people who exist only in memory so far: a merge works on rows.
func (r *resolving) settle(ctx context.Context, people ...id.Person) error {
	for _, p := range people {
		if r.people[p].New {
			if err := r.save(ctx); err != nil {
				return err
			}
			r.written()
			return nil
		}
	}
	return nil
}

func (r *resolving) mergeRows(ctx context.Context, from, into id.Person) error {
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE identity SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, r.org, from}},
		{"DELETE FROM name_word WHERE org_id = ? AND contact_id = ?", []any{r.org, from}},
		{"DELETE FROM identity_joined WHERE org_id = ? AND contact_id = ? AND other_id IN (SELECT j.other_id FROM identity_joined j WHERE j.org_id = ? AND j.contact_id = ?)", []any{r.org, from, r.org, into}},
		{"UPDATE identity_joined SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, r.org, from}},
		{"UPDATE number_question SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, r.org, from}},
		{"UPDATE contact SET state = 'merged', email_hash = NULL, merged_into = ?, changed_at = ? WHERE org_id = ? AND id = ?",
			[]any{into, store.Micros(r.book.now()), r.org, from}},
		{"UPDATE contact SET number_entered_at = ?, email_entered_at = ?, email_proven_at = 0 WHERE org_id = ? AND id = ?",
			[]any{store.Micros(r.book.now()), store.Micros(r.book.now()), r.org, into}},
		{`UPDATE contact SET mixed_at = (SELECT f.mixed_at FROM contact f WHERE f.org_id = contact.org_id AND f.id = ?) WHERE org_id = ? AND id = ? AND mixed_at = 0`,
			[]any{from, r.org, into}},
	} {
		if _, err := r.tx.Exec(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// fill fills the gaps of a profile with what is known of her other half; who she
// is, the register puts together.
func fill(p *chat.Profile, other chat.Profile) {
	for _, f := range []struct{ have, add *string }{{&p.Name, &other.Name}, {&p.Given, &other.Given}, {&p.Email, &other.Email}} {
		if *f.have == "" {
			*f.have = *f.add
		}
	}
}

// Merge makes one person of two because a member of staff knows that they are
// the same: from becomes into. Errors: ErrNotFound, ErrSame.
func (b *Book) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	known, err := b.GetMany(ctx, tx, org, []id.Person{from, into})
	if err != nil {
		return err
	}
	gone, stays := known[from], known[into]
	switch {
	case gone == nil || stays == nil || gone.Erased || stays.Erased:
		return ErrNotFound
	case gone.ID == stays.ID:
		return ErrSame
	}
	r, err := b.resolving(ctx, tx, org)
	if err != nil {
		return err
	}
	if err := b.setApart(ctx, tx, gone, stays); err != nil {
		return err
	}
	if err := r.register.Join(r.know(gone), r.know(stays)); err != nil {
		return err
	}
	return r.save(ctx)
}

// ErrSame is returned when a person is to be merged with herself.
var ErrSame = errors.New("these are one person already")

// SetLocale says in which language a person is addressed: "de", "en" or, for
// the language of her country, nothing.
func (b *Book) SetLocale(ctx context.Context, tx store.Tx, org id.Org, person id.Person, locale string) error {
	n, err := tx.Exec(ctx, "UPDATE contact SET locale = ?, changed_at = ? WHERE org_id = ? AND id = ?", locale, store.Micros(b.now()), org, person)
	if err != nil {
		return fmt.Errorf("set a person's language: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return nil
}
