package picture

import (
	"context"
	"errors"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// Export writes the picture that staff added.
func (d *Album) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) (err error) {
	if into.Picture, err = d.Get(ctx, r, org, into.Person.ID); errors.Is(err, ErrNone) {
		return nil
	}
	return err
}
