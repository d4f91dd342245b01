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
	Between(ctx context.Context, r store.Reader, org id.Org, from, to time.Time) ([]chat.Message, error)
	// FirstHeard is when the first message came after one moment and until
	// another; zero if none did.
	FirstHeard(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation, after, until time.Time) (time.Time, error)
	// WaitingSince is when the first message came that had no answer at a
	// moment; zero if none did.
	WaitingSince(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation, at time.Time) (time.Time, error)
	// Teams are those to which conversations belong.
	Teams(ctx context.Context, r store.Reader, org id.Org, conversations []id.Conversation) (map[id.Conversation]id.Team, error)
	Backlogs(ctx context.Context, r store.Reader, org id.Org) ([]chat.Backlog, error)
	// OpenByPerson counts the open conversations of everybody who has one.
	OpenByPerson(ctx context.Context, r store.Reader, org id.Org) (map[id.Person]int64, error)
}

// Work keeps what colleagues did and noted.
type Work interface {
	// Closings are the conversations that were closed from one moment until
	// before another, and when each had been closed before that; zero: never.
	Closings(ctx context.Context, r store.Reader, org id.Org, from, to time.Time, each func(conversation id.Conversation, by id.Account, at, before time.Time)) error
	// LabelledPeople are the people who have each label.
	LabelledPeople(ctx context.Context, r store.Reader, org id.Org) (map[id.Label][]id.Person, error)
	// Targets are the times in which the teams want to answer.
	Targets(ctx context.Context, r store.Reader, org id.Org) (map[id.Team]time.Duration, error)
}

// A message belongs to the day on which it was written; its identifier only
// tells when it came to us, which may be days later (Cloud API: webhooks are
// brought again for up to seven days).

func (d *Reports) countDay(ctx context.Context, org id.Org, from, to time.Time, rules Rules) (Day, error) {
	var events []event
	var closings []closing
	var reopened []time.Time
	err := d.db.Together(ctx,
		func(ctx context.Context) (err error) { events, err = d.readEvents(ctx, org, from, to); return err },
		func(ctx context.Context) error {
			return d.work.Closings(ctx, d.db, org, from, to, func(conversation id.Conversation, by id.Account, at, before time.Time) {
				closings = append(closings, closing{conversation: conversation, author: by, at: at})
				reopened = append(reopened, before)
			})
		})
	if err != nil {
		return Day{}, err
	}
	// Of whom staff answered: since when she had been waiting before the day.
	answered := distinct(events, func(e event) (id.Conversation, bool) { return e.conversation, e.byStaff() })
	since := make([]time.Time, len(answered))
	var teams teamOf
	pieces := []func(context.Context) error{func(ctx context.Context) (err error) {
		teams, err = d.threads.Teams(ctx, d.db, org, append(slices.Clone(answered), distinct(closings, func(c closing) (id.Conversation, bool) { return c.conversation, true })...))
		return err
	}}
	for i, conversation := range answered {
		pieces = append(pieces, func(ctx context.Context) (err error) {
			since[i], err = d.threads.WaitingSince(ctx, d.db, org, conversation, from)
			return err
		})
	}
	// Of each matter that was closed: its first message since the one before it
	// was.
	for i, c := range closings {
		pieces = append(pieces, func(ctx context.Context) (err error) {
			closings[i].began, err = d.threads.FirstHeard(ctx, d.db, org, c.conversation, reopened[i], c.at)
			return err
		})
	}
	if err := d.db.Together(ctx, pieces...); err != nil {
		return Day{}, err
	}
	waiting := pending{}
	for i, conversation := range answered {
		if !since[i].IsZero() {
			waiting[conversation] = since[i]
		}
	}
	return count(events, closings, waiting, teams, rules), nil
}

func (d *Reports) readEvents(ctx context.Context, org id.Org, from, to time.Time) ([]event, error) {
	messages, err := d.threads.Between(ctx, d.db, org, from, to)
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

func distinct[T any](all []T, key func(T) (id.Conversation, bool)) (ids []id.Conversation) {
	seen := map[id.Conversation]bool{}
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
func (d *Reports) OpenNow(ctx context.Context, org id.Org) ([]Open, error) {
	return d.threads.Backlogs(ctx, d.db, org)
}

// Labelled is how many people have a label, and how many of their
// conversations are open.
type Labelled struct {
	Label  id.Label
	People int64
	Open   int64
}

// Labels reads how labels are used, the most used first.
func (d *Reports) Labels(ctx context.Context, org id.Org) ([]Labelled, error) {
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
