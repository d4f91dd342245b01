package cases

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
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
	People interface {
		// ByEmail finds the one person with an address, or nil.
		ByEmail(ctx context.Context, r store.Reader, org id.Org, address string) (*chat.Known, error)
	}
	Consents interface {
		// Mailed holds advertising for a person from whose address a mail came that
		// may withdraw, until a colleague has answered.
		Mailed(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known) error
	}
}

// Take opens a case for a mail (GDPR Art. 12). Who wrote it is not known yet:
// an address can be made up. If its words may take something back and its address
// is that of exactly one person, advertising to her waits at once. It reports
// whether the mail may be deleted there.
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
	var writer *chat.Known
	if TakesBack(words) {
		if writer, err = m.People.ByEmail(ctx, m.DB, org, got.From); err != nil {
			return false, fmt.Errorf("look for who wrote a mail: %w", err)
		}
	}
	err = m.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		opened, err := m.Cases.OpenMail(ctx, tx, org, got.MessageID, Request{Text: words})
		if err != nil || !opened || writer == nil {
			return err
		}
		return m.Consents.Mailed(ctx, tx, org, writer)
	})
	return err == nil, err
}
