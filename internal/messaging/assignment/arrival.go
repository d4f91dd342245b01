package assignment

import (
	"context"
	"errors"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Arrivals gives new conversations to the team that works on their number, and
// in working hours at once to one of its members who are there.
type Arrivals struct {
	Work *Assignments
	Now  func() time.Time
	Orgs interface {
		Get(ctx context.Context, r store.Reader, org id.Org) (org.Org, error)
	}
	Staff interface {
		Present(ctx context.Context, r store.Reader, org id.Org) (map[id.Account]bool, error)
	}
	Threads interface {
		// Nobodys reports whether neither a team nor a member of staff has a
		// conversation.
		Nobodys(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation) (bool, error)
	}
}

// Arrived gives a conversation away that is nobody's.
func (a Arrivals) Arrived(ctx context.Context, tx store.Tx, s org.Settings, org id.Org, channel id.Channel, conversation id.Conversation, person id.Person) error {
	team := s.Arrivals[channel.String()]
	if team.IsZero() {
		return nil
	}
	if nobodys, err := a.Threads.Nobodys(ctx, tx, org, conversation); err != nil || !nobodys {
		return err
	}
	schedule, err := s.Schedule()
	if err != nil {
		return err
	}
	var present map[id.Account]bool // outside working hours it waits for the team
	if schedule.IsOpen(a.Now()) {
		if present, err = a.Staff.Present(ctx, tx, org); err != nil {
			return err
		}
	}
	err = a.Work.GiveToTeam(ctx, tx, Thread{Org: org, ID: conversation, Contact: person}, id.Account{}, team, present, "", nil)
	if errors.Is(err, ErrNotFound) {
		return nil // the team is gone: the conversation is nobody's
	}
	return err
}

// Moved gives a conversation that came from another number to whom it goes
// there.
func (a Arrivals) Moved(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, conversation id.Conversation, person id.Person) error {
	o, err := a.Orgs.Get(ctx, tx, org)
	if err != nil {
		return err
	}
	return a.Arrived(ctx, tx, o.Settings, org, channel, conversation, person)
}
