// Package agenda knows what has come due in all rooms, and who of the staff has
// to be told: requests whose month ends, breaches whose 72 hours run,
// agreements that end, phones that still hold people who are gone, and what
// waits for a second person. Package reminder tells each stage once.
package agenda

import (
	"context"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/phones/device"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
)

// Agenda asks everybody who keeps something that comes due.
type Agenda struct {
	DB         *store.DB
	Now        func() time.Time
	Approvals  *approval.Approvals
	Breaches   *breach.Register
	Cases      *cases.Cases
	Processors *processors.Register
	Devices    *device.Register
	Numbers    *org.Registry
	Reminders  *reminder.Reminders
	Evidence   reminder.Evidence
	Notices    Notices
	Webhooks   Webhooks
	Files      Files
	Mail       bool // there is a server to send over
}

// Notices knows the privacy notices.
type Notices interface {
	// Short is the version in force if it leaves out what it must say, and until
	// when it goes on; zero: it carries no message any more.
	Short(ctx context.Context, r store.Reader, org id.Org) (id.Notice, time.Time, error)
}

// Webhooks knows what of WhatsApp's webhooks could not be applied.
type Webhooks interface {
	// Waiting counts them, and tells since when the oldest waits.
	Waiting(ctx context.Context, r store.Reader, org id.Org) (int64, time.Time, error)
}

// Files knows the files of messages.
type Files interface {
	// Came counts those of a person that arrived after a time, and were on their way
	// then.
	Came(ctx context.Context, r store.Reader, org id.Org, person id.Person, since time.Time) (int, error)
}

// Remind tells staff by e-mail what has come due since the last time.
func (a *Agenda) Remind(ctx context.Context, o org.Org) error {
	due, err := a.due(ctx, o)
	if err != nil || len(due) == 0 {
		return err
	}
	return a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := a.Reminders.Tell(ctx, tx, o.ID, o.Name, due)
		return err
	})
}

// Checkpoint mails the day's checkpoint of the evidence log, once there is a
// server to send over.
func (a *Agenda) Checkpoint(ctx context.Context, o org.Org) error {
	if !a.Mail {
		return nil
	}
	return a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return a.Reminders.Checkpoint(ctx, tx, o.ID, o.Name, a.Evidence)
	})
}

// due is everything that has come due, told or not.
func (a *Agenda) due(ctx context.Context, o org.Org) ([]reminder.Due, error) {
	now := a.Now()
	zone, err := o.Settings.Location()
	if err != nil {
		return nil, err
	}
	var all []reminder.Due
	approvals, err := a.Approvals.Open(ctx, a.DB, o.ID)
	if err != nil {
		return nil, err
	}
	for _, q := range approvals {
		all = append(all, approvalDue(q))
	}
	breaches, err := a.Breaches.Outlines(ctx, a.DB, o.ID)
	if err != nil {
		return nil, err
	}
	for _, b := range breaches {
		all = append(all, breachDue(b.Record, now)...)
	}
	waiting, err := a.Cases.Waiting(ctx, a.DB, o.ID, zone)
	if err != nil {
		return nil, err
	}
	for _, c := range waiting {
		all = append(all, caseDue(c, now, zone)...)
	}
	packed, err := a.Cases.Packed(ctx, a.DB, o.ID, now.Add(-supplements))
	if err != nil {
		return nil, err
	}
	for _, c := range packed {
		n, err := a.Files.Came(ctx, a.DB, o.ID, c.Contact, c.Packed)
		if err != nil {
			return nil, err
		}
		all = append(all, supplementDue(c, n)...)
	}
	listed, err := a.Processors.List(ctx, a.DB, o.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range listed {
		all = append(all, processorDue(p, now)...)
	}
	numbers, err := a.Numbers.Channels(ctx, a.DB, o.ID)
	if err != nil {
		return nil, err
	}
	for _, n := range numbers {
		all = append(all, numberDue(n)...)
	}
	short, until, err := a.Notices.Short(ctx, a.DB, o.ID)
	if err != nil {
		return nil, err
	}
	all = append(all, noticeDue(short, until)...)
	unapplied, since, err := a.Webhooks.Waiting(ctx, a.DB, o.ID)
	if err != nil {
		return nil, err
	}
	all = append(all, webhooksDue(o.ID, unapplied, since, now)...)
	devices, err := a.Devices.LookAll(ctx, o.ID)
	for _, d := range devices {
		all = append(all, deviceDue(d)...)
	}
	return all, err
}

// noticeDue reminds of a notice that leaves out what it must say (GDPR Art. 13):
// its numbers send until a day, or no more.
func noticeDue(short id.Notice, until time.Time) []reminder.Due {
	if short.IsZero() {
		return nil
	}
	due := reminder.Due{Topic: reminder.Notice, Subject: id.ID(short), Stage: "over", To: []user.Role{user.DPO, user.Admin}, Path: "/settings/notice"}
	if !until.IsZero() {
		due.Stage = "short"
	}
	return []reminder.Due{due}
}

// approvalDue reminds of what waits for a second person (GDPR Art. 32(1)).
func approvalDue(q approval.Request) reminder.Due {
	return reminder.Due{Topic: reminder.Approval, Subject: id.ID(q.ID), Stage: "open", To: []user.Role{user.DPO, user.Admin}, Path: "/desk/approvals"}
}
