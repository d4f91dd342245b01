package media

import (
	"context"
	"errors"
	"io"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// Export says how the files of the person's messages are read.
func (s *Shelf) Export(_ context.Context, _ store.Reader, org id.Org, into *record.Record) error {
	into.File = func(ctx context.Context, message chat.Message) (record.File, string, error) {
		return s.Held(ctx, org, message)
	}
	return nil
}

// Held finds the file of a message; nil if there is none, or it is gone.
func (s *Shelf) Held(ctx context.Context, org id.Org, message chat.Message) (record.File, string, error) {
	find := func() (*File, error) { return s.OfMessage(ctx, org, message.ID) }
	if own := message.Body.Media; !own.IsZero() {
		find = func() (*File, error) { return s.Get(ctx, org, own) }
	}
	f, err := find()
	if errors.Is(err, ErrNotFound) || err == nil && f.State != "held" {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	return f, f.MimeType, nil
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
