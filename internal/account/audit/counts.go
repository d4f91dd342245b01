package audit

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts tells whether what staff do is written down.
func (l *Log) Facts(ctx context.Context, r store.Reader, org id.Org, _ time.Time, f *cockpit.Facts) (err error) {
	f.Staff.AuditKept, err = l.Kept(ctx, r, org)
	return err
}
