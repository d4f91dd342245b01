package report

import (
	"time"

	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// event is a message as far as figures need it.
type event struct {
	conversation          id.Conversation
	channel               id.Channel
	author                id.Account
	outgoing              bool
	origin                chat.Origin
	state                 chat.State
	at                    time.Time
	sent, delivered, read bool
}

// byStaff reports whether a person answered: what is sent by itself is no
// answer.
func (e event) byStaff() bool {
	return e.outgoing && (e.origin == chat.FromAgent || e.origin == chat.FromEcho)
}

// closing is a conversation that was closed.
type closing struct {
	conversation id.Conversation
	author       id.Account
	began, at    time.Time // began: the first message of the matter; zero: none
}

// Rules are what waits are judged by.
type Rules struct {
	Worked  func(from, to time.Time) time.Duration // working time
	Targets map[id.Team]time.Duration              // of teams
	Zone    *time.Location
}

// teamOf knows which team a conversation belongs to; zero: none.
type teamOf map[id.Conversation]id.Team

// pending is since when a person has been waiting for a first answer, by
// conversation.
type pending map[id.Conversation]time.Time

// note follows the messages of a conversation in their order, and says how
// long the person had waited if this one is the first answer.
func (p pending) note(e event) (since time.Time, answered bool) {
	switch {
	case !e.outgoing && p[e.conversation].IsZero():
		p[e.conversation] = e.at
	case e.byStaff() && !p[e.conversation].IsZero():
		since = p[e.conversation]
		delete(p, e.conversation)
		return since, true
	}
	return time.Time{}, false
}

// count makes the figures of a day from its messages, in their order, and its
// closings. Waiting holds who had been waiting since before.
func count(events []event, closings []closing, waiting pending, teams teamOf, r Rules) Day {
	d := Day{Channels: map[id.Channel]Flow{}, Teams: map[id.Team]Effort{}}
	for _, e := range events {
		d.flow(e, r.Zone)
		since, answered := waiting.note(e)
		if !e.byStaff() {
			continue
		}
		team := teams[e.conversation]
		effort := d.Teams[team]
		effort.by(e.author)
		if answered {
			effort.answered(r.Worked(since, e.at), r.Targets[team])
		}
		d.Teams[team] = effort
	}
	for _, c := range closings {
		if c.began.IsZero() {
			continue
		}
		effort := d.Teams[teams[c.conversation]]
		effort.by(c.author)
		effort.Resolved.Add(r.Worked(c.began, c.at))
		d.Teams[teams[c.conversation]] = effort
	}
	return d
}

func (e *Effort) answered(after, target time.Duration) {
	e.First.Add(after)
	if target <= 0 {
		return
	}
	e.Due++
	if after <= target {
		e.Within++
	}
}

func (d *Day) flow(e event, zone *time.Location) {
	f, hour := d.Channels[e.channel], e.at.In(zone).Hour()
	if e.outgoing {
		d.Out[hour]++
		f.Out++
	} else {
		d.In[hour]++
		f.In++
	}
	for _, one := range []struct {
		happened bool
		count    *int64
	}{{e.sent, &f.Sent}, {e.delivered, &f.Delivered}, {e.read, &f.Read}, {e.state == chat.Failed, &f.Failed}} {
		if e.outgoing && one.happened {
			*one.count++
		}
	}
	d.Channels[e.channel] = f
}
