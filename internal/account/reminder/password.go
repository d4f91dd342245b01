package reminder

import (
	"context"
	"fmt"

	"einklang/internal/account/user"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
)

// PasswordMail is the kind of the mails with a link to a new password.
const PasswordMail = "password"

// Configured reports whether there is a mail server.
func (d *Reminders) Configured() bool { return d.mails.Configured() }

// Password mails somebody the link with which she chooses a password. It goes to
// her alone and lies under a key that no backup holds. Fresh: her account is new.
func (d *Reminders) Password(ctx context.Context, tx store.Tx, company string, a user.Account, token string, fresh bool) error {
	c := d.textsFor(a)
	what := map[bool]string{true: "fresh", false: "again"}[fresh]
	letter := mail.Letter{Org: a.Org, Kind: PasswordMail, Until: d.now().Add(user.LinkLife), Secret: true, Message: mail.Message{To: a.Email,
		Subject: c.T("mail.password."+what+".subject", company), Text: c.T("mail.password."+what, a.Name, company, d.site+"/password/"+token)}}
	if err := d.mails.Add(ctx, tx, letter); err != nil {
		return fmt.Errorf("queue a mail with a link to a password: %w", err)
	}
	return nil
}
