package backup

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
)

// Told are the backups as a recipient of an erasure: a marker is put beside
// them, so that no restore brings the person back. Without a place of backups
// nobody is told.
func Told(to Target, by Signer, now func() time.Time) erasure.Recipients {
	return func(context.Context, store.Reader, id.Org) ([]erasure.Recipient, error) {
		if to == nil {
			return nil, nil
		}
		return []erasure.Recipient{{Name: "backups", Tell: func(ctx context.Context, org id.Org, who erasure.Identity) (erasure.Answer, error) {
			err := Mark(ctx, to, by, Marker{Org: org, Contact: who.Contact, At: now()})
			return erasure.Answer{State: erasure.Told, Code: "marked"}, err
		}}}, nil
	}
}
