package cases

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Inbox is a mailbox to which staff forward what people ask for, or which is the
// privacy address itself. Every mail there becomes a case.
type Inbox struct {
	mail.Mailbox
	Organisation string // its short name; empty: the only one
}

// Mailbox takes mails from a mailbox to which staff forward what people ask
// for, or which is the privacy address itself.
type Mailbox struct {
	DB           *store.DB
	Cases        *Cases
	Log          *slog.Logger
	Organisation string // its short name; empty: the only one
	Orgs         interface {
		IDOf(ctx context.Context, r store.Reader, slug string) (id.Org, error)
	}
}

// Take opens a case for a mail (GDPR Art. 12). Who wrote it is not known yet:
// an address can be made up. It reports whether the mail may be deleted there.
func (m Mailbox) Take(ctx context.Context, raw []byte) (bool, error) {
	got, err := mail.ParseReceived(bytes.NewReader(raw))
	if err != nil {
		m.Log.Warn("a mail in the mailbox for requests cannot be read and stays there")
		return false, nil
	}
	org, err := m.Orgs.IDOf(ctx, m.DB, m.Organisation)
	if err != nil {
		return false, fmt.Errorf("whose the mailbox for requests is (mail, requests, organisation): %w", err)
	}
	words := strings.TrimSpace(got.From + "\n\n" + got.Subject + "\n\n" + got.Text)
	if got.MessageID == "" {
		got.MessageID = words
	}
	err = m.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := m.Cases.OpenMail(ctx, tx, org, got.MessageID, Request{Text: words})
		return err
	})
	return err == nil, err
}
