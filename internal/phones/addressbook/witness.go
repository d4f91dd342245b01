package addressbook

import (
	"context"
	"strings"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Witness is the evidence log as the consents see it: each event of a consent
// also has the books judge the person anew, and a change of a purpose everybody.
type Witness struct {
	Books  *Books
	Ledger evidence.Ledger
}

// Append has the books judge, and writes the leaves.
func (w Witness) Append(ctx context.Context, tx store.Tx, org id.Org, entries ...evidence.Entry) error {
	var people []id.Person
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Kind, "purpose."):
			if err := w.Books.TouchAll(ctx, tx, org); err != nil {
				return err
			}
		case !e.Owner.IsZero() && !strings.HasPrefix(e.Kind, "contact."): // that somebody wrote changes no book
			people = append(people, id.Person(e.Owner))
		}
	}
	people, err := w.Books.people.LinkedWith(ctx, tx, org, people...) // it holds for all of them
	if err != nil {
		return err
	}
	if err := w.Books.Touch(ctx, tx, org, people...); err != nil {
		return err
	}
	return w.Ledger.Append(ctx, tx, org, entries...)
}
