package assignment

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts counts labels, how often they are used, and quick replies.
func (d *Assignments) Facts(ctx context.Context, r store.Reader, org id.Org, _ time.Time, f *cockpit.Facts) error {
	labels, err := d.LabelsInUse(ctx, r, org)
	if err != nil {
		return err
	}
	f.Labels.Labels = int64(len(labels))
	for _, l := range labels {
		f.Labels.Used += int64(l.Used)
	}
	replies, err := d.QuickReplies(ctx, r, org)
	f.Automation.QuickReplies = int64(len(replies))
	return err
}
