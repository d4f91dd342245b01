package agenda

import (
	"context"
	"time"

	"einklang/internal/account/reminder"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Alarm tells the owner of an account what happened to it. Of guessing she is told
// once a day, and with her those who keep the accounts.
func (c Circle) Alarm(ctx context.Context, tx store.Tx, of id.Org, account id.Account, what user.Alarm) error {
	if !c.Reminders.Configured() {
		return nil
	}
	owner, err := c.Users.Mailboxes(ctx, tx, of, []id.Account{account})
	if err != nil || len(owner) == 0 {
		return err
	}
	o, err := c.Orgs.Get(ctx, tx, of)
	if err != nil {
		return err
	}
	if what == user.Guessing {
		due := reminder.Due{Topic: reminder.Guessing, Subject: id.ID(account), Stage: "seen", Round: c.Now().UTC().Format(time.DateOnly), To: []user.Role{user.Admin}, Path: "/settings/users"}
		fresh, err := c.Reminders.TellBut(ctx, tx, of, o.Name, due, account)
		if err != nil || !fresh {
			return err
		}
	}
	return c.Reminders.Alarm(ctx, tx, o.Name, owner[0], what, c.Now())
}
