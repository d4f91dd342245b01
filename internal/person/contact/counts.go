package contact

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// CountActive counts the people who are neither erased nor merged.
func (*Book) CountActive(ctx context.Context, r store.Reader, org id.ID) (n int64, err error) {
	return n, store.Count(ctx, r, store.Number{Into: &n, SQL: "SELECT COUNT(*) FROM contact WHERE org_id = ? AND state = 'active'", Args: []any{org}})
}

// Active are those of some people who are neither erased nor merged.
func (*Book) Active(ctx context.Context, r store.Reader, org id.ID, people []id.ID) ([]id.ID, error) {
	active, err := store.CollectIn(ctx, r, scanID, "SELECT id FROM contact WHERE org_id = ? AND state = 'active' AND id IN (?)", people, org)
	if err != nil {
		return nil, fmt.Errorf("look who is active: %w", err)
	}
	return active, nil
}
