package report

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// This file reads what other capabilities keep, and nothing of its content:
// times, states, and who answered. A message belongs to the day on which it was
// written; its identifier only tells when it came to us, which may be days later
// (Cloud API: webhooks are brought again for up to seven days).

func countDay(ctx context.Context, r store.Reader, org id.ID, from, to time.Time, rules Rules) (Day, error) {
	events, err := readEvents(ctx, r, org, from, to)
	if err != nil {
		return Day{}, err
	}
	closings, err := readClosings(ctx, r, org, from, to)
	if err != nil {
		return Day{}, err
	}
	waiting, err := readWaiting(ctx, r, org, from, events)
	if err != nil {
		return Day{}, err
	}
	teams, err := readTeams(ctx, r, org, events, closings)
	if err != nil {
		return Day{}, err
	}
	return count(events, closings, waiting, teams, rules), nil
}

// readEvents reads the messages of a day from the conversations in which
// anything has happened since: of each, its stretch of the index by time.
func readEvents(ctx context.Context, r store.Reader, org id.ID, from, to time.Time) ([]event, error) {
	return store.Collect(ctx, r, func(row store.Row) (e event, err error) {
		var at, sent, delivered, read int64
		err = row.Scan(&e.conversation, &e.channel, &e.author, &e.outgoing, &e.origin, &e.state, &at, &sent, &delivered, &read)
		e.at, e.read = store.Time(at), read > 0
		e.delivered = delivered > 0 || e.read
		e.sent = sent > 0 || e.delivered || e.state == chat.Accepted
		return e, err
	}, `SELECT m.conversation_id, m.channel_id, m.author_id, m.outgoing, m.origin, m.state, m.at, m.sent_at, m.delivered_at, m.read_at
		FROM conversation c JOIN message m ON m.org_id = c.org_id AND m.conversation_id = c.id
		WHERE c.org_id = ? AND c.last_at >= ? AND m.at >= ? AND m.at < ? AND m.origin <> 'imported' AND m.state <> 'cancelled' ORDER BY m.at, m.id`,
		org, store.Micros(from), store.Micros(from), store.Micros(to))
}

// readClosings reads the conversations that were closed, each with the first
// message since it had been closed before.
func readClosings(ctx context.Context, r store.Reader, org id.ID, from, to time.Time) ([]closing, error) {
	return store.Collect(ctx, r, func(row store.Row) (c closing, err error) {
		var at, began int64
		err = row.Scan(&c.conversation, &c.author, &at, &began)
		c.at, c.began = store.Time(at), store.Time(began)
		return c, err
	}, `SELECT w.conversation_id, w.author_id, w.at, COALESCE((SELECT MIN(m.at) FROM message m
			WHERE m.org_id = w.org_id AND m.conversation_id = w.conversation_id AND NOT m.outgoing AND m.origin <> 'imported' AND m.at <= w.at
			AND m.at > COALESCE((SELECT MAX(p.at) FROM work_item p WHERE p.org_id = w.org_id AND p.conversation_id = w.conversation_id AND p.kind = 'closed' AND p.id < w.id), 0)), 0)
		FROM work_item w WHERE w.org_id = ? AND w.id >= ? AND w.id < ? AND w.at >= ? AND w.at < ? AND w.kind = 'closed' ORDER BY w.at, w.id`,
		org, id.At(from.Add(-time.Hour)), id.At(to.Add(time.Hour)), store.Micros(from), store.Micros(to)) // made in the moment in which it happened
}

// readWaiting reads who had been waiting for an answer before the day began, of
// those who got one on it.
func readWaiting(ctx context.Context, r store.Reader, org id.ID, from time.Time, events []event) (pending, error) {
	waiting := pending{}
	for _, conversation := range distinct(events, func(e event) (id.ID, bool) { return e.conversation, e.byStaff() }) {
		var since int64
		err := r.QueryRow(ctx, `SELECT COALESCE(MIN(at), 0) FROM message WHERE org_id = ? AND conversation_id = ? AND NOT outgoing AND origin <> 'imported' AND at < ?
			AND at > COALESCE((SELECT MAX(at) FROM message WHERE org_id = ? AND conversation_id = ? AND outgoing AND origin IN ('agent', 'echo') AND state <> 'cancelled' AND at < ?), 0)`,
			org, conversation, store.Micros(from), org, conversation, store.Micros(from)).Scan(&since)
		if err != nil {
			return nil, err
		}
		if since > 0 {
			waiting[conversation] = store.Time(since)
		}
	}
	return waiting, nil
}

func readTeams(ctx context.Context, r store.Reader, org id.ID, events []event, closings []closing) (teamOf, error) {
	worked := distinct(events, func(e event) (id.ID, bool) { return e.conversation, e.byStaff() })
	worked = append(worked, distinct(closings, func(c closing) (id.ID, bool) { return c.conversation, true })...)
	pairs, err := store.CollectIn(ctx, r, func(row store.Row) (p [2]id.ID, err error) { return p, row.Scan(&p[0], &p[1]) },
		"SELECT id, team_id FROM conversation WHERE org_id = ? AND id IN (?)", worked, org)
	teams := make(teamOf, len(pairs))
	for _, p := range pairs {
		teams[p[0]] = p[1]
	}
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

// Open is what is open now, by team.
type Open struct {
	Team     id.ID // zero: of no team
	N        int64
	Nobodys  int64 // nobody has them
	Snoozed  int64
	Unread   int64
	Earliest time.Time // since when the one who waits longest has been waiting; zero: nobody waits
}

// OpenNow reads what is open now.
func (d *Reports) OpenNow(ctx context.Context, org id.ID) ([]Open, error) {
	return store.Collect(ctx, d.db, func(row store.Row) (o Open, err error) {
		var earliest int64
		err = row.Scan(&o.Team, &o.N, &o.Nobodys, &o.Snoozed, &o.Unread, &earliest)
		o.Earliest = store.Time(earliest)
		return o, err
	}, `SELECT team_id, COUNT(*), COUNT(CASE WHEN assignee_id IS NULL THEN 1 END), COUNT(CASE WHEN snoozed_until > 0 THEN 1 END), COUNT(CASE WHEN unread > 0 THEN 1 END),
			COALESCE(MIN(CASE WHEN NOT last_out AND snoozed_until = 0 AND last_in_at > 0 THEN last_in_at END), 0)
		FROM conversation WHERE org_id = ? AND state = 'open' GROUP BY team_id ORDER BY 2 DESC`, org)
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
	return store.Collect(ctx, d.db, func(row store.Row) (l Labelled, err error) {
		return l, row.Scan(&l.Label, &l.People, &l.Open)
	}, `SELECT l.label_id, COUNT(DISTINCT l.contact_id), COUNT(c.id) FROM contact_label l
		LEFT JOIN conversation c ON c.org_id = l.org_id AND c.contact_id = l.contact_id AND c.state = 'open'
		WHERE l.org_id = ? GROUP BY l.label_id ORDER BY 2 DESC`, org)
}
