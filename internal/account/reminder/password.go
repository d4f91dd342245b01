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

// Why says why somebody gets a link to a password. The catalogue has
// mail.password.WHY.
type Why string

// The reasons.
const (
	Fresh  Why = "fresh"  // her account is new
	Again  Why = "again"  // a colleague had it sent
	Forgot Why = "forgot" // she, or whoever knows her address, asked for it
)

// Password mails somebody the link with which she chooses a password. It goes to
// her alone and lies under a key that no backup holds.
func (d *Reminders) Password(ctx context.Context, tx store.Tx, company string, a user.Account, token string, why Why) error {
	c, life := d.textsFor(a), user.LinkLife
	if why == Forgot {
		life = user.ForgotLife
	}
	letter := mail.Letter{Org: a.Org, Kind: PasswordMail, Until: d.now().Add(life), Secret: true, Message: mail.Message{To: a.Email,
		Subject: c.T("mail.password."+string(why)+".subject", company), Text: c.T("mail.password."+string(why), a.Name, company, d.site+"/password/"+token)}}
	if err := d.mails.Add(ctx, tx, letter); err != nil {
		return fmt.Errorf("queue a mail with a link to a password: %w", err)
	}
	return nil
}
