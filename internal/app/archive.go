package app

import (
	"context"
	"errors"
	"io"
	"mime"

	"einklang/internal/account/org"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/media"
	"einklang/internal/rights/access"
	"einklang/internal/rights/letters"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// Archive writes all commercial letters and vouchers of an organisation into a
// file, and notes its last link in the evidence log, where it finds every change
// of the file later.
func (a *App) Archive(ctx context.Context, w io.Writer, o org.Org, by id.ID, c *i18n.Catalogue) error {
	out, err := letters.NewWriter(w, c.T("archive.readme", o.Name, c.Moment(a.Config.Now())), a.Config.Now())
	if err != nil {
		return err
	}
	marked, err := a.Threads.MarkedOnes(ctx, a.DB, o.ID)
	if err != nil {
		return err
	}
	for _, m := range marked {
		if err := a.archiveOne(ctx, out, o, m); err != nil {
			return err
		}
	}
	n, last, err := out.Close()
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return a.Log.Append(ctx, tx, o.ID, evidence.Entry{ID: a.IDs.New(), Kind: "archive.exported", At: a.Config.Now(),
			Record: map[string]any{"entries": n, "last": last, "by": by.String()}})
	})
}

func (a *App) archiveOne(ctx context.Context, out *letters.Writer, o org.Org, m conversation.Marked) error {
	person, err := a.People.Get(ctx, a.DB, o.ID, m.Contact)
	if err != nil {
		return err
	}
	if person.Erased {
		return nil // nobody can read it any more
	}
	number, err := a.Orgs.Channel(ctx, a.DB, o.ID, m.Channel)
	if err != nil {
		return err
	}
	var after conversation.Place
	for {
		messages, err := a.Threads.Forward(ctx, a.DB, o.ID, m.ID, after, packageBite)
		if err != nil || len(messages) == 0 {
			return err
		}
		for _, one := range messages {
			e := letters.Entry{At: one.At.UTC(), From: "person", Person: person.Profile.DisplayName(), Phone: person.Profile.Phone, Number: number.DisplayNumber,
				Conversation: m.ID.String(), Message: one.ID.String(), KeptAs: string(m.As), Type: one.Type, Text: access.Words(one.Body.Content), Content: one.Body.Content}
			if one.Outgoing {
				e.From = "organisation"
			}
			if err := a.archiveFile(ctx, o.ID, one.ID, &e); err != nil {
				return err
			}
			if err := out.Add(ctx, e); err != nil {
				return err
			}
			after = conversation.Place{At: one.At, ID: one.ID}
		}
	}
}

// archiveFile finds the file of a message, if it is here.
func (a *App) archiveFile(ctx context.Context, orgID, message id.ID, e *letters.Entry) error {
	f, err := a.Shelf.OfMessage(ctx, orgID, message)
	if errors.Is(err, media.ErrNotFound) || err == nil && f.State != "held" {
		return nil
	}
	if err != nil {
		return err
	}
	e.Open = func(w io.Writer) error { _, err := f.Copy(ctx, w); return err }
	if endings, err := mime.ExtensionsByType(f.MimeType); err == nil && len(endings) > 0 {
		e.Ext = endings[0]
	}
	return nil
}
