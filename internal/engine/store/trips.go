package store

import (
	"context"
	"slices"
	"sync"
)

// Trips are the statements that a piece of work sent to the database. Many rows
// sent or asked for at once are one, and so is what [DB.Together] sends at once.
type Trips struct {
	mu         sync.Mutex
	statements []string
	fails      func(statement string) error // nil: none does
}

type tripsKey struct{}

// Counting returns a context whose statements are counted, also those inside of
// a write. What shares the transaction of others is not: it is nobody's alone.
func Counting(ctx context.Context) (context.Context, *Trips) {
	t := &Trips{}
	return context.WithValue(ctx, tripsKey{}, t), t
}

// Failing returns a context in which a statement for which fails returns an
// error is not sent, and has that error. With it a test shows what comes of work
// in whose midst the database does not answer.
func Failing(ctx context.Context, fails func(statement string) error) context.Context {
	return context.WithValue(ctx, tripsKey{}, &Trips{fails: fails})
}

// uncounted returns a context whose statements are counted elsewhere.
func uncounted(ctx context.Context) context.Context {
	return context.WithValue(ctx, tripsKey{}, (*Trips)(nil))
}

// Statements are those sent so far, in order: texts without values, or the table
// of those for many rows.
func (t *Trips) Statements() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.statements)
}

// counted notes a statement where somebody counts; an error where it is to fail.
func counted(ctx context.Context, statement string) error {
	t, _ := ctx.Value(tripsKey{}).(*Trips)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.statements = append(t.statements, statement)
	return t.failure(statement)
}

func (t *Trips) failure(statement string) error {
	if t.fails == nil {
		return nil
	}
	return t.fails(statement)
}
