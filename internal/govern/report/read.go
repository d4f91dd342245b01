package report

import (
	"bytes"
	"context"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Threads keeps the conversations. What it tells is nothing of their content:
// times, states, and who answered.
type Threads interface {
	// Between reads the messages that were written from one moment until before
	// another, without their content, the oldest first.
	Between(ctx context.Context, r store.Reader, org id.ID, from, to time.Time) ([]chat.Message, error)
	// FirstHeard is when the first message came after one moment and until
	// another; zero if none did.
	FirstHeard(ctx context.Context, r store.Reader, org, conversation id.ID, after, until time.Time) (time.Time, error)
	// WaitingSince is when the first message came that had no answer at a
	// moment; zero if none did.
	WaitingSince(ctx context.Context, r store.Reader, org, conversation id.ID, at time.Time) (time.Time, error)
	// Teams are those to which conversations belong.
	Teams(ctx context.Context, r store.Reader, org id.ID, conversations []id.ID) (map[id.ID]id.ID, error)
	Backlogs(ctx context.Context, r store.Reader, org id.ID) ([]chat.Backlog, error)
	// OpenByPerson counts the open conversations of everybody who has one.
	OpenByPerson(ctx context.Context, r store.Reader, org id.ID) (map[id.ID]int64, error)
}

// Work keeps what colleagues did and noted.
type Work interface {
	// Closings are the conversations that were closed from one moment until
	// before another, and when each had been closed before that; zero: never.
	Closings(ctx context.Context, r store.Reader, org id.ID, from, to time.Time, each func(conversation, by id.ID, at, before time.Time)) error
	// LabelledPeople are the people who have each label.
	LabelledPeople(ctx context.Context, r store.Reader, org id.ID) (map[id.ID][]id.ID, error)
	// Targets are the times in which the teams want to answer.
	Targets(ctx context.Context, r store.Reader, org id.ID) (map[id.ID]time.Duration, error)
}

// A message belongs to the day on which it was written; its identifier only
// tells when it came to us, which may be days later (Cloud API: webhooks are
// brought again for up to seven days).

func (d *Reports) countDay(ctx context.Context, r store.Reader, org id.ID, from, to time.Time, rules Rules) (Day, error) {
	events, err := d.readEvents(ctx, r, org, from, to)
	if err != nil {
		return Day{}, err
	}
	closings, err := d.readClosings(ctx, r, org, from, to)
	if err != nil {
		return Day{}, err
	}
	waiting, err := d.readWaiting(ctx, r, org, from, events)
	if err != nil {
		return Day{}, err
	}
	teams, err := d.readTeams(ctx, r, org, events, closings)
	if err != nil {
		return Day{}, err
	}
	return count(events, closings, waiting, teams, rules), nil
}

func (d *Reports) readEvents(ctx context.Context, r store.Reader, org id.ID, from, to time.Time) ([]event, error) {
	messages, err := d.threads.Between(ctx, r, org, from, to)
	events := make([]event, len(messages))
	for i, m := range messages {
		e := event{conversation: m.Conversation, channel: m.Channel, author: m.Author, outgoing: m.Outgoing, origin: m.Origin, state: m.State, at: m.At}
		e.read = !m.Read.IsZero()
		e.delivered = e.read || !m.Delivered.IsZero()
		e.sent = e.delivered || !m.Sent.IsZero() || m.State == chat.Accepted
		events[i] = e
	}
	return events, err
}

// readClosings reads the conversations that were closed, each with the first
// message since it had been closed before.
func (d *Reports) readClosings(ctx context.Context, r store.Reader, org id.ID, from, to time.Time) ([]closing, error) {
	var all []closing
	var reopened []time.Time
	err := d.work.Closings(ctx, r, org, from, to, func(conversation, by id.ID, at, before time.Time) {
		all = append(all, closing{conversation: conversation, author: by, at: at})
		reopened = append(reopened, before)
	})
	for i := 0; err == nil && i < len(all); i++ {
		all[i].began, err = d.threads.FirstHeard(ctx, r, org, all[i].conversation, reopened[i], all[i].at)
	}
	return all, err
}

// readWaiting reads who had been waiting for an answer before the day began, of
// those who got one on it.
func (d *Reports) readWaiting(ctx context.Context, r store.Reader, org id.ID, from time.Time, events []event) (pending, error) {
	waiting := pending{}
	for _, conversation := range distinct(events, func(e event) (id.ID, bool) { return e.conversation, e.byStaff() }) {
		since, err := d.threads.WaitingSince(ctx, r, org, conversation, from)
		if err != nil {
			return nil, err
		}
		if !since.IsZero() {
			waiting[conversation] = since
		}
	}
	return waiting, nil
}

func (d *Reports) readTeams(ctx context.Context, r store.Reader, org id.ID, events []event, closings []closing) (teamOf, error) {
	worked := distinct(events, func(e event) (id.ID, bool) { return e.conversation, e.byStaff() })
	worked = append(worked, distinct(closings, func(c closing) (id.ID, bool) { return c.conversation, true })...)
	teams, err := d.threads.Teams(ctx, r, org, worked)
	return teams, err
}

func distinct[T any](all []T, key func(T) (id.ID, bool)) (ids []id.ID) {
	seen := map[id.ID]bool{}
	for _, one := range all {
		if k, wanted := key(one); wanted && !seen[k] {
			seen[k] = true
			ids = append(ids, k)
		}
	}
	return ids
}

// Open is what is open now, of one team.
type Open = chat.Backlog

// OpenNow reads what is open now, by team.
func (d *Reports) OpenNow(ctx context.Context, org id.ID) ([]Open, error) {
	return d.threads.Backlogs(ctx, d.db, org)
}

// Labelled is how many people have a label, and how many of their
// conversations are open.
type Labelled struct {
	Label  id.ID
	People int64
	Open   int64
}

// Labels reads how labels are used, the most used first.
func (d *Reports) Labels(ctx context.Context, org id.ID) ([]Labelled, error) {
	people, err := d.work.LabelledPeople(ctx, d.db, org)
	if err != nil || len(people) == 0 {
		return nil, err
	}
	open, err := d.threads.OpenByPerson(ctx, d.db, org)
	if err != nil {
		return nil, err
	}
	all := make([]Labelled, 0, len(people))
	for label, who := range people {
		l := Labelled{Label: label, People: int64(len(who))}
		for _, p := range who {
			l.Open += open[p]
		}
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b Labelled) int {
		if a.People != b.People {
			return int(b.People - a.People)
		}
		return bytes.Compare(a.Label[:], b.Label[:])
	})
	return all, nil
}
