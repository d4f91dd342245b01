package agenda

import (
	"context"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Circle tells those who decide what concerns the second pair of eyes itself. They
// are told at once, by mail, also who was blocked just now: she counts still, and
// she is the one who can object.
type Circle struct {
	Now       func() time.Time
	Orgs      *org.Registry
	Users     *user.Directory
	Reminders *reminder.Reminders
}

// Alone tells of a question that nobody else could answer.
func (c Circle) Alone(ctx context.Context, tx store.Tx, of id.Org, _ approval.Request) error {
	return c.tell(ctx, tx, of, id.Account{}, reminder.Due{Topic: reminder.Approval, Stage: "alone", Path: "/desk/approvals"})
}

// Moved tells that somebody has joined or left them.
func (c Circle) Moved(ctx context.Context, tx store.Tx, of id.Org, how user.Moved, who id.Account) error {
	without := id.Account{}
	if how == user.Joined {
		without = who
	}
	return c.tell(ctx, tx, of, without, reminder.Due{Topic: reminder.Account, Stage: string(how), Path: "/desk/approvals"})
}

func (c Circle) tell(ctx context.Context, tx store.Tx, of id.Org, without id.Account, due reminder.Due) error {
	circle, err := c.Users.Circle(ctx, tx, of)
	if err != nil {
		return err
	}
	var told []id.Account
	for _, one := range circle {
		if one.ID != without && (one.May || one.Counts(c.Now())) {
			told = append(told, one.ID)
		}
	}
	staff, err := c.Users.Mailboxes(ctx, tx, of, told)
	if err != nil || len(staff) == 0 {
		return err
	}
	o, err := c.Orgs.Get(ctx, tx, of)
	if err != nil {
		return err
	}
	return c.Reminders.Notice(ctx, tx, of, o.Name, staff, due)
}
