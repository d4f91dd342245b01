package cases

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts counts the cases that are closed.
func (*Cases) Facts(ctx context.Context, r store.Reader, org id.ID, _ time.Time, f *cockpit.Facts) error {
	return store.Count(ctx, r, store.Number{Into: &f.Cases.Closed, SQL: "SELECT COUNT(*) FROM privacy_case WHERE org_id = ? AND closed_at > 0", Args: []any{org}})
}
