package app

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
)

// openMail makes the way for e-mail. An installation without a mail server
// runs as well: then nobody can be invited by e-mail.
func (a *App) openMail(g *egress.Border) {
	var dial mail.Dialer
	if a.Config.Mail.Host != "" {
		dial = g.Dial(mail.Destination)
	}
	a.Post = mail.New(a.Config.Mail, dial, a.Config.Now)
	a.Mails = mail.NewQueue(a.DB, a.Vault, a.IDs, a.Config.Now, a.Config.Log, a.Post, a.mailReturned())
}

// mailDestination is the mail server, and the mailbox for returned mails, as the
// gate of package egress lets them be reached; none if there is none.
func (a *App) mailDestination() ([]egress.Destination, error) {
	if a.Config.Mail.Host == "" {
		return nil, nil
	}
	var err error
	if a.Config.Mail, err = a.Config.Mail.Check(); err != nil {
		return nil, err
	}
	all := []egress.Destination{a.Config.Mail.Outside()}
	if a.Config.Returns.Host != "" {
		if a.Config.Returns, err = a.Config.Returns.Check(); err != nil {
			return nil, err
		}
		all = append(all, a.Config.Returns.Outside())
	}
	if a.Config.Requests.Host != "" {
		if a.Config.Requests.Mailbox, err = a.Config.Requests.Check(); err != nil {
			return nil, err
		}
		all = append(all, a.Config.Requests.OutsideForRequests())
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

// mailReturned says, by the kind of a mail, who is told when it does not
// arrive.
func (a *App) mailReturned() map[string]mail.Returned {
	return map[string]mail.Returned{
		optin.MailKind: func(ctx context.Context, tx store.Tx, org, ref id.ID) error {
			return a.Requests.Returned(ctx, tx, org, ref)
		},
	}
}
