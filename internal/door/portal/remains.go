package portal

import (
	"context"
	"time"

	"einklang/internal/engine/cloudapi"
)

// remains is what an erasure does not reach at once, as the page says it. Each
// sentence rests on a fact: where that is not known, it is not said (GDPR Art. 17,
// 12(1)).
type remains struct {
	Keys    time.Time // when the last copy of her key is gone; zero: there are no backups
	Numbers []stored  // how long Meta may hold what was written with each number
	Unknown bool      // of a number nobody knows it
	Book    bool      // her entry in Meta's contact book is asked to be deleted
}

// stored is how Meta keeps the content of a number's messages.
type stored struct {
	Number string
	Kind   string // ends the key of the sentence
}

// kinds name the sentence for each way in which Meta keeps content (Cloud API:
// storage configuration).
var kinds = map[string]string{cloudapi.StorageNone: "none", cloudapi.StorageInCountry: "days", cloudapi.StorageDefault: "days"}

// remaining fills in what stays when she is erased now, or when the time for
// stopping it is over.
func (s *server) remaining(ctx context.Context, v visitor, b *dataBody) error {
	done := s.Now().Add(time.Duration(v.Org.Settings.EraseHours) * time.Hour)
	if b.Erasing != nil {
		done = b.Erasing.Due
	}
	if s.KeysKept > 0 {
		b.Remains.Keys = done.Add(s.KeysKept)
	}
	all, err := s.Orgs.Channels(ctx, s.DB, v.Org.ID)
	for _, c := range all {
		if kind := kinds[c.StorageMode]; kind != "" {
			b.Remains.Numbers = append(b.Remains.Numbers, stored{c.DisplayNumber, kind})
		} else {
			b.Remains.Unknown = true
		}
	}
	b.Remains.Book = v.Person.Profile.BSUID != ""
	return err
}
