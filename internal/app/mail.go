package app

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/rights/cases"
)

// mailDestinations are the mail server, and the mailboxes, as the border lets
// them be reached; none if there is no server. What they leave out is filled in.
func (c *Config) mailDestinations() ([]egress.Destination, error) {
	if c.Mail.Host == "" {
		return nil, nil
	}
	var err error
	if c.Mail, err = c.Mail.Check(); err != nil {
		return nil, err
	}
	all := []egress.Destination{c.Mail.Outside()}
	if c.Returns.Host != "" {
		if c.Returns, err = c.Returns.Check(); err != nil {
			return nil, err
		}
		all = append(all, c.Returns.Outside())
	}
	if c.Requests.Host != "" {
		if c.Requests.Mailbox, err = c.Requests.Check(); err != nil {
			return nil, err
		}
		all = append(all, c.Requests.OutsideForRequests())
	}
	return all, nil
}

// Requests is a mailbox to which staff forward what people ask for, or which is
// the privacy address itself. Every mail there becomes a case.
type Requests struct {
	mail.Mailbox
	Organisation string // its short name; empty: the only one
}

// TakeRequest opens a case for a mail (GDPR Art. 12). Who wrote it is not known
// yet: an address can be made up.
func (a *App) TakeRequest(ctx context.Context, raw []byte) (bool, error) {
	m, err := mail.ParseReceived(bytes.NewReader(raw))
	if err != nil {
		a.Config.Log.Warn("a mail in the mailbox for requests cannot be read and stays there")
		return false, nil
	}
	o, err := a.requestsOf(ctx)
	if err != nil {
		return false, err
	}
	words := strings.TrimSpace(m.From + "\n" + m.Subject + "\n\n" + m.Text)
	if m.MessageID == "" {
		m.MessageID = words
	}
	err = a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := a.Cases.OpenMail(ctx, tx, o.ID, m.MessageID, cases.Request{Text: words})
		return err
	})
	return err == nil, err
}

// requestsOf is the organisation to which the mailbox belongs.
func (a *App) requestsOf(ctx context.Context) (org.Org, error) {
	if slug := a.Config.Requests.Organisation; slug != "" {
		return a.Orgs.BySlug(ctx, a.DB, slug)
	}
	all, err := a.Orgs.All(ctx, a.DB)
	if err != nil {
		return org.Org{}, err
	}
	if len(all) != 1 {
		return org.Org{}, errors.New("several organisations share this installation: say which one the mailbox for requests belongs to (mail, requests, organisation)")
	}
	return all[0], nil
}
