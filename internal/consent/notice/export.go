package notice

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// Export writes the newest notice that the person was sent.
func (b *Board) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	d, err := b.Delivered(ctx, r, org, into.Person.ID)
	if d.Sent {
		into.Notice = &record.Notice{Version: d.Version, At: d.At}
	}
	return err
}

// Informed reports whether a person was sent a notice, or one is on its way.
func (b *Board) Informed(ctx context.Context, r store.Reader, org id.Org, person id.Person) (bool, error) {
	d, err := b.Delivered(ctx, r, org, person)
	return !d.Notice.IsZero(), err
}
