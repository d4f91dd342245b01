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
	"einklang/internal/person/record"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// bite is how many messages are read at a time.
const bite = 500

// Letters finds what is kept as commercial letters and vouchers.
type Letters struct {
	DB      *store.DB
	IDs     *id.Source
	Now     func() time.Time
	Ledger  evidence.Ledger
	Threads interface {
		MarkedOnes(ctx context.Context, r store.Reader, org id.Org) ([]conversation.Marked, error)
		After(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation, after conversation.Place, limit int) (all []chat.Message, more bool, err error)
	}
	People interface {
		Get(ctx context.Context, r store.Reader, org id.Org, person id.Person) (*chat.Known, error)
	}
	Numbers interface {
		NumberOf(ctx context.Context, r store.Reader, org id.Org, channel id.Channel) (string, error)
	}
	Files interface {
		Held(ctx context.Context, org id.Org, message chat.Message) (record.File, string, error)
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
	var after conversation.Place
	for more := true; more; {
		var messages []chat.Message
		if messages, more, err = l.Threads.After(ctx, l.DB, org, m.ID, after, bite); err != nil {
			return err
		}
		for _, one := range messages {
			e := Entry{At: one.At.UTC(), From: "person", Person: person.Profile.DisplayName(), Phone: person.Profile.Phone, Number: number,
				Conversation: m.ID.String(), Message: one.ID.String(), KeptAs: string(m.As), Type: one.Type, Text: l.Words(one.Body.Content), Content: one.Body.Content}
			if one.Outgoing {
				e.From = "organisation"
			}
			if err := l.file(ctx, org, one, &e); err != nil {
				return err
			}
			if err := out.Add(ctx, e); err != nil {
				return err
			}
			after = conversation.Place{At: one.At, ID: id.Cursor(one.ID)}
		}
	}
	return nil
}

// file finds the file of a message, if it is here.
func (l *Letters) file(ctx context.Context, org id.Org, message chat.Message, e *Entry) error {
	f, mimeType, err := l.Files.Held(ctx, org, message)
	if err != nil || f == nil {
		return err
	}
	e.Open = func(w io.Writer) error { _, err := f.Copy(ctx, w); return err }
	if endings, err := mime.ExtensionsByType(mimeType); err == nil && len(endings) > 0 {
		e.Ext = endings[0]
	}
	return nil
}
