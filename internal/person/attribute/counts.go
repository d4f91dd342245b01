package attribute

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts tells what else is kept about people, and why.
func (d *Attributes) Facts(ctx context.Context, r store.Reader, org id.Org, _ time.Time, f *cockpit.Facts) error {
	all, err := d.List(ctx, r, org)
	for _, a := range all {
		f.Attributes = append(f.Attributes, cockpit.Attribute{Name: a.Name, Purpose: a.Purpose})
	}
	return err
}
