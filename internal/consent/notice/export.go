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

// Informed reports whether a person was sent a notice, one is on its way, or
// somebody handed her one. That all people of an import were informed is the
// import's own, and goes with it.
func (b *Board) Informed(ctx context.Context, r store.Reader, org id.Org, person id.Person) (told bool, err error) {
	err = r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM notice_delivery WHERE org_id = ? AND contact_id = ? AND (handed IS NULL OR LENGTH(handed) > 0))", org, person).Scan(&told)
	return told, err
}
