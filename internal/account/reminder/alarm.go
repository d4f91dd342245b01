package reminder

import (
	"context"
	"fmt"
	"slices"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// AlarmMail is the kind of the mails about what happened to an account.
const AlarmMail = "alarm"

// Alarm tells the owner of an account what happened to it, and when. Where from is
// not known (S26).
func (d *Reminders) Alarm(ctx context.Context, tx store.Tx, company string, a user.Account, what user.Alarm, at time.Time) error {
	c := d.textsFor(a)
	letter := mail.Letter{Org: a.Org, Kind: AlarmMail, Message: mail.Message{To: a.Email, Subject: c.T("mail.alarm."+string(what)+".subject", company),
		Text: c.T("mail.alarm."+string(what), a.Name, company, c.Moment(at), d.site+"/profile")}}
	if err := d.mails.Add(ctx, tx, letter); err != nil {
		return fmt.Errorf("queue an alarm: %w", err)
	}
	return nil
}

// TellBut is [Reminders.Tell] of one thing to all but one, and reports whether it is
// new. Nobody can turn it off.
func (d *Reminders) TellBut(ctx context.Context, tx store.Tx, org id.Org, company string, due Due, but id.Account) (fresh bool, err error) {
	if fresh, err = d.note(ctx, tx, org, due); err != nil || !fresh {
		return fresh, err
	}
	for _, role := range due.To {
		staff, err := d.staff.WithRole(ctx, tx, org, role)
		if err != nil {
			return fresh, err
		}
		staff = slices.DeleteFunc(staff, func(a user.Account) bool { return a.ID == but })
		if err := d.Notice(ctx, tx, org, company, staff, due); err != nil {
			return fresh, err
		}
	}
	return fresh, nil
}
