package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// Export says how the files of the person's messages are read.
func (s *Shelf) Export(_ context.Context, _ store.Reader, org id.Org, into *record.Record) error {
	into.File = func(ctx context.Context, message chat.Message) (record.Attached, error) {
		return s.Attached(ctx, org, message)
	}
	return nil
}

// Attached finds the file of a message, or says why it is not here.
func (s *Shelf) Attached(ctx context.Context, org id.Org, message chat.Message) (record.Attached, error) {
	find := func() (*File, error) { return s.OfMessage(ctx, org, message.ID) }
	if own := message.Body.Media; !own.IsZero() {
		find = func() (*File, error) { return s.Get(ctx, org, own) }
	}
	f, err := find()
	switch {
	case errors.Is(err, ErrNotFound):
		return record.Attached{}, nil
	case err != nil:
		return record.Attached{}, err
	case f.State == "held":
		return record.Attached{File: f, MimeType: f.MimeType}, nil
	default:
		return record.Attached{MimeType: f.MimeType, Away: f.away()}, nil
	}
}

// away says why a file is not here. Where it came from is forgotten of one that
// was deleted, and only of that.
func (f *File) away() record.Away {
	switch {
	case f.State == "wanted":
		return record.Coming
	case f.detail.MetaID != "" || f.detail.URL != "":
		return record.Missing
	default:
		return record.Deleted
	}
}

// Awaited are the files of a person that a package may lack.
type Awaited struct {
	Coming int // on their way
	Came   int // arrived after a time, and were on their way then
}

// Awaited counts them since a time; zero: none can have come since.
func (s *Shelf) Awaited(ctx context.Context, r store.Reader, org id.Org, person id.Person, since time.Time) (n Awaited, err error) {
	at := int64(math.MaxInt64)
	if !since.IsZero() {
		at = store.Micros(since)
	}
	err = r.QueryRow(ctx, `SELECT COUNT(CASE WHEN state = 'wanted' THEN 1 END), COUNT(CASE WHEN state = 'held' AND held_at >= ? AND created_at <= ? THEN 1 END)
		FROM media WHERE org_id = ? AND contact_id = ?`, at, at, org, person).Scan(&n.Coming, &n.Came)
	if err != nil {
		return n, fmt.Errorf("count the files that are on their way: %w", err)
	}
	return n, nil
}

// Came counts the files of a person that arrived after a time, and were on their
// way then.
func (s *Shelf) Came(ctx context.Context, r store.Reader, org id.Org, person id.Person, since time.Time) (int, error) {
	n, err := s.Awaited(ctx, r, org, person, since)
	return n.Came, err
}

// Keep keeps a file that came from elsewhere; the zero id if its kind or size is
// none that WhatsApp knows.
func (s *Shelf) Keep(ctx context.Context, org id.Org, person id.Person, channel id.Channel, name, mimeType string, r io.Reader) (id.File, error) {
	kept, err := s.Save(ctx, org, person, channel, name, mimeType, r)
	if errors.Is(err, ErrKind) || errors.Is(err, ErrTooLarge) {
		return id.File{}, nil
	}
	if err != nil {
		return id.File{}, err
	}
	return kept.ID, nil
}
