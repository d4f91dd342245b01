package evidence

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts tells how long the log is, and when it was last signed.
func (*Log) Facts(ctx context.Context, r store.Reader, org id.Org, _ time.Time, f *cockpit.Facts) error {
	var at int64
	err := store.Count(ctx, r,
		store.Number{Into: &f.Evidence.Leaves, SQL: "SELECT COALESCE(MAX(size), 0) FROM evidence_head WHERE org_id = ?", Args: []any{org}},
		store.Number{Into: &at, SQL: "SELECT COALESCE(MAX(at), 0) FROM evidence_checkpoint WHERE org_id = ?", Args: []any{org}})
	f.Evidence.Checkpoint = store.Time(at)
	return err
}
