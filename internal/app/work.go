package app

import (
	"context"
	"errors"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/rule/id"
)

// wake brings back what was put off until now.
func (a *App) wake(ctx context.Context) {
	orgs, err := a.Orgs.All(ctx, a.DB)
	if err == nil {
		for _, o := range orgs {
			if err = a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return a.Threads.Wake(ctx, tx, o.ID) }); err != nil {
				break
			}
		}
	}
	if err != nil && ctx.Err() == nil {
		a.Config.Log.Error("what was put off could not be brought back; trying again", "error", err)
	}
}

// arrivals gives new conversations to the team that works on their number, and
// in working hours at once to one of its members who are there.
type arrivals struct{ a *App }

// Arrived gives a conversation away that is nobody's.
func (x arrivals) Arrived(ctx context.Context, tx store.Tx, s org.Settings, orgID, channel, conversation, person id.ID) error {
	team := s.Arrivals[channel.String()]
	if team.IsZero() {
		return nil
	}
	c, err := x.a.Threads.Summary(ctx, tx, orgID, conversation)
	if err != nil || !c.Assignee.IsZero() || !c.Team.IsZero() {
		return err
	}
	schedule, err := s.Schedule()
	if err != nil {
		return err
	}
	var present map[id.ID]bool // outside working hours it waits for the team
	if schedule.IsOpen(x.a.Config.Now()) {
		if present, err = x.a.Users.Present(ctx, tx, orgID); err != nil {
			return err
		}
	}
	err = x.a.Work.GiveToTeam(ctx, tx, assignment.Thread{Org: orgID, ID: conversation, Contact: person}, id.ID{}, team, present, "", nil)
	if errors.Is(err, assignment.ErrNotFound) {
		return nil // the team is gone: the conversation is nobody's
	}
	return err
}

// arrived gives a conversation that came from another number to whom it goes
// there.
func (a *App) arrived(ctx context.Context, tx store.Tx, orgID, channel, conversation, person id.ID) error {
	o, err := a.Orgs.Get(ctx, tx, orgID)
	if err != nil {
		return err
	}
	return arrivals{a}.Arrived(ctx, tx, o.Settings, orgID, channel, conversation, person)
}
