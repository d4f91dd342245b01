package letters

import (
	"context"
	"io"
	"mime"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/keeper"
	"einklang/internal/person/record"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// Letters finds what is kept as commercial letters and vouchers.
type Letters struct {
	DB      *store.DB
	IDs     *id.Source
	Now     func() time.Time
	Ledger  evidence.Ledger
	Threads interface {
		MarkedOnes(ctx context.Context, r store.Reader, org id.Org) ([]conversation.Marked, error)
	}
	// Rooms tell what they keep about a person, as they tell herself.
	Rooms  keeper.Keepers
	People interface {
		Get(ctx context.Context, r store.Reader, org id.Org, person id.Person) (*chat.Known, error)
	}
	Numbers interface {
		NumberOf(ctx context.Context, r store.Reader, org id.Org, channel id.Channel) (string, error)
	}
	Words func(cloudapi.Content) string // what a message says
}

// Archive writes all commercial letters and vouchers of an organisation into a
// file, and notes its last link in the evidence log, where it finds every change
// of the file later; only then the file has its end. The caller lets along begin
// before.
func (l *Letters) Archive(ctx context.Context, w io.Writer, o org.Org, by id.Account, c *i18n.Catalogue, along store.Course) error {
	out, err := NewWriter(w, c.T("archive.readme", o.Name, c.Moment(l.Now())), l.Now())
	if err != nil {
		return err
	}
	marked, err := l.Threads.MarkedOnes(ctx, l.DB, o.ID)
	if err != nil {
		return err
	}
	for _, m := range marked {
		if err := l.add(ctx, out, o.ID, m); err != nil {
			return err
		}
	}
	n, last, err := out.Sums()
	if err != nil {
		return err
	}
	err = l.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := l.Ledger.Append(ctx, tx, o.ID, evidence.Entry{ID: id.Entry(l.IDs.New()), Kind: "archive.exported", At: l.Now(),
			Record: map[string]any{"entries": n, "last": last, "by": by.String()}}); err != nil {
			return err
		}
		return along.End(ctx, tx, n)
	})
	if err != nil {
		return err // and nobody can open it
	}
	return out.Close()
}

// add writes one conversation.
func (l *Letters) add(ctx context.Context, out *Writer, org id.Org, m conversation.Marked) error {
	person, err := l.People.Get(ctx, l.DB, org, m.Contact)
	if err != nil {
		return err
	}
	if person.Erased {
		return nil // nobody can read it any more
	}
	number, err := l.Numbers.NumberOf(ctx, l.DB, org, m.Channel)
	if err != nil {
		return err
	}
	hers := record.Record{Person: *person}
	if err := l.Rooms.Export(ctx, l.DB, org, &hers); err != nil {
		return err
	}
	var after chat.Message
	for {
		messages, err := hers.Messages(ctx, m.ID, after)
		if err != nil || len(messages) == 0 {
			return err
		}
		for _, one := range messages {
			e := Entry{At: one.At.UTC(), From: "person", Person: person.Profile.DisplayName(), Phone: person.Profile.Phone, Number: number,
				Conversation: m.ID.String(), Message: one.ID.String(), KeptAs: string(m.As), Type: one.Type, Text: l.Words(one.Body.Content), Content: one.Body.Content}
			if one.Outgoing {
				e.From = "organisation"
			}
			if err := file(ctx, &hers, one, &e); err != nil {
				return err
			}
			if err := out.Add(ctx, e); err != nil {
				return err
			}
		}
		after = messages[len(messages)-1]
	}
}

// file finds the file of a message, if it is here.
func file(ctx context.Context, hers *record.Record, message chat.Message, e *Entry) error {
	f, err := hers.File(ctx, message)
	if err != nil || f.File == nil {
		return err
	}
	e.Open = func(w io.Writer) error { _, err := f.File.Copy(ctx, w); return err }
	if endings, err := mime.ExtensionsByType(f.MimeType); err == nil && len(endings) > 0 {
		e.Ext = endings[0]
	}
	return nil
}
