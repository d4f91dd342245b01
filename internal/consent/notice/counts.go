package notice

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts counts who got the version in force.
func (*Board) Facts(ctx context.Context, r store.Reader, org id.ID, _ time.Time, f *cockpit.Facts) error {
	return store.Count(ctx, r, store.Number{Into: &f.Notice.Delivered, SQL: `SELECT COUNT(*) FROM notice_delivery d WHERE d.org_id = ? AND d.state = 'sent'
		AND d.notice_id = (SELECT n.id FROM notice n WHERE n.org_id = d.org_id ORDER BY n.version DESC LIMIT 1)`, Args: []any{org}})
}
