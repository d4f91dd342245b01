package agenda

import (
	"context"
	"crypto/sha256"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/govern/uptime"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// BoxesEvery is how often it is looked whether the letter boxes are there, so
// that people know within five minutes.
const BoxesEvery = 30 * time.Second

// Boxes tells administrators by e-mail when a letter box falls silent, and when
// one holds what was refused here.
type Boxes struct {
	DB        *store.DB
	Now       func() time.Time
	Boxes     uptime.Boxes
	Orgs      func(ctx context.Context, r store.Reader) ([]org.Org, error)
	Reminders *reminder.Reminders
	// Pulse tells a monitor that all is well; nil: there is none.
	Pulse func(ctx context.Context) error
}

// Look looks, tells what is new, and pulses if all are there.
func (b *Boxes) Look(ctx context.Context) error {
	states, err := b.Boxes.States(ctx, b.DB, b.Now())
	if err != nil {
		return err
	}
	due, quiet := boxesDue(states)
	if len(due) > 0 {
		if err := b.tell(ctx, due); err != nil {
			return err
		}
	}
	if quiet || b.Pulse == nil {
		return nil
	}
	return b.Pulse(ctx)
}

func (b *Boxes) tell(ctx context.Context, due []reminder.Due) error {
	all, err := b.Orgs(ctx, b.DB)
	if err != nil {
		return err
	}
	return b.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, o := range all {
			if _, err := b.Reminders.Tell(ctx, tx, o.ID, o.Name, due); err != nil {
				return err
			}
		}
		return nil
	})
}

// boxesDue is what there is to tell of letter boxes, and whether one is silent.
func boxesDue(states []uptime.BoxState) (due []reminder.Due, silent bool) {
	for _, s := range states {
		one := reminder.Due{Topic: reminder.Relay, Subject: subject(s.Name), To: []user.Role{user.Admin}, Path: cockpit.CockpitPage}
		if s.Silent {
			silent = true
			one.Stage, one.Round = "silent", s.Heard.UTC().Format(time.RFC3339)
			due = append(due, one)
		}
		if s.Refused > 0 {
			one.Stage, one.Round, one.Count = "refused", s.Heard.UTC().Format(time.DateOnly), int(s.Refused)
			due = append(due, one)
		}
	}
	return due, silent
}

// subject stands for a letter box among the subjects of reminders.
func subject(name string) id.ID {
	sum := sha256.Sum256([]byte("letter box\n" + name))
	return id.ID(sum[:16])
}
