package backup

import (
	"context"
	"errors"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
)

// Merged lists who was merged into a person, and into those.
type Merged func(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]id.Person, error)

// Told are the backups as a recipient of an erasure: a marker is put beside
// them, so that no restore brings the person back, nor anybody who was merged into
// her, whom an older backup holds apart. Without a place of backups nobody is told.
func Told(to Target, by Signer, now func() time.Time, merged Merged) erasure.Recipients {
	return func(_ context.Context, r store.Reader, _ id.Org) ([]erasure.Recipient, error) {
		if to == nil {
			return nil, nil
		}
		return []erasure.Recipient{{Name: "backups", Tell: func(ctx context.Context, org id.Org, who erasure.Identity) (erasure.Answer, error) {
			all, err := merged(ctx, r, org, who.Contact)
			for _, p := range append(all, who.Contact) {
				err = errors.Join(err, Mark(ctx, to, by, Marker{Org: org, Contact: p, At: now()}))
			}
			return erasure.Answer{State: erasure.Told, Code: "marked"}, err
		}}}, nil
	}
}
