package attribute

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// Export writes the attributes that staff noted, and why.
func (d *Attributes) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	values, err := d.Of(ctx, r, org, into.Person.ID)
	if err != nil {
		return err
	}
	defined, err := d.List(ctx, r, org)
	for _, a := range defined {
		if value, known := values[a.ID]; known {
			into.Attributes = append(into.Attributes, record.Attribute{Name: a.Name, Value: value, Purpose: a.Purpose})
		}
	}
	return err
}
