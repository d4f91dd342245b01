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

// Count fills numbers in, one after the other.
func Count(ctx context.Context, r Reader, numbers ...Number) error {
	for _, n := range numbers {
		if err := r.QueryRow(ctx, n.SQL, n.Args...).Scan(n.Into); err != nil {
			return fmt.Errorf("count: %w", err)
		}
	}
	return nil
}
