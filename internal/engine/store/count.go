package store

import (
	"context"
	"fmt"
)

// Number is where a count goes, and the statement that counts.
type Number struct {
	Into *int64
	SQL  string
	Args []any
}

// Count fills numbers in.
func Count(ctx context.Context, r Reader, numbers ...Number) error {
	pieces := make([]func(context.Context) error, len(numbers))
	for i, n := range numbers {
		pieces[i] = func(ctx context.Context) error { return r.QueryRow(ctx, n.SQL, n.Args...).Scan(n.Into) }
	}
	if err := Together(ctx, r, pieces...); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	return nil
}
