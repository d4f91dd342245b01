package journal

import (
	"context"
	"strings"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Ledger is the evidence log as the consents see it: whatever ends or begins is
// noted, too.
type Ledger struct {
	Journal  *Journal
	Evidence evidence.Ledger
}

// Append notes whom the entries are about, and writes them.
func (l Ledger) Append(ctx context.Context, tx store.Tx, org id.Org, entries ...evidence.Entry) error {
	var people []id.Person
	for _, e := range entries {
		if !e.Owner.IsZero() && (strings.HasPrefix(e.Kind, "consent.") || strings.HasPrefix(e.Kind, "opt_")) {
			people = append(people, id.Person(e.Owner))
		}
	}
	if err := l.Journal.People(ctx, tx, org, people...); err != nil {
		return err
	}
	return l.Evidence.Append(ctx, tx, org, entries...)
}
