package app

import (
	"context"

	"einklang/internal/egress"
	"einklang/internal/id"
	"einklang/internal/mail"
	"einklang/internal/optin"
	"einklang/internal/store"
)

// openMail makes the way for e-mail. An installation without a mail server
// runs as well: then nobody can be invited by e-mail.
func (a *App) openMail(g *egress.Gate) {
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
	return all, nil
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
