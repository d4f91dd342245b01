package conversation

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Between reads the messages that were written from one moment until before
// another, without their content, the oldest first: from the conversations in
// which anything has happened since, of each its stretch of the index by time.
// What was imported or cancelled is left out.
func (t *Threads) Between(ctx context.Context, r store.Reader, org id.Org, from, to time.Time) ([]chat.Message, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (m chat.Message, err error) {
		var at, sent, delivered, read int64
		err = row.Scan(&m.Conversation, &m.Channel, &m.Author, &m.Outgoing, &m.Origin, &m.State, &at, &sent, &delivered, &read)
		m.Org, m.At, m.Sent, m.Delivered, m.Read = org, store.Time(at), store.Time(sent), store.Time(delivered), store.Time(read)
		return m, err
	}, `SELECT m.conversation_id, m.channel_id, m.author_id, m.outgoing, m.origin, m.state, m.at, m.sent_at, m.delivered_at, m.read_at
		FROM conversation c JOIN message m ON m.org_id = c.org_id AND m.conversation_id = c.id
		WHERE c.org_id = ? AND c.last_at >= ? AND m.at >= ? AND m.at < ? AND m.origin <> 'imported' AND m.state <> 'cancelled' ORDER BY m.at, m.id`,
		org, store.Micros(from), store.Micros(from), store.Micros(to))
	if err != nil {
		return nil, fmt.Errorf("read the messages of a time: %w", err)
	}
	return all, nil
}

// FirstHeard is when the first message of a person came after one moment and
// until another; zero if none did.
func (t *Threads) FirstHeard(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation, after, until time.Time) (time.Time, error) {
	var at int64
	err := r.QueryRow(ctx, `SELECT COALESCE(MIN(at), 0) FROM message WHERE org_id = ? AND conversation_id = ? AND NOT outgoing AND origin <> 'imported' AND at <= ? AND at > ?`,
		org, conversation, store.Micros(until), store.Micros(after)).Scan(&at)
	return store.Time(at), err
}

// WaitingSince is when the first message of a person came that staff had not
// answered at a moment; zero if none did.
func (t *Threads) WaitingSince(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation, at time.Time) (time.Time, error) {
	var since int64
	err := r.QueryRow(ctx, `SELECT COALESCE(MIN(at), 0) FROM message WHERE org_id = ? AND conversation_id = ? AND NOT outgoing AND origin <> 'imported' AND at < ?
		AND at > COALESCE((SELECT MAX(at) FROM message WHERE org_id = ? AND conversation_id = ? AND outgoing AND origin IN ('agent', 'echo') AND state <> 'cancelled' AND at < ?), 0)`,
		org, conversation, store.Micros(at), org, conversation, store.Micros(at)).Scan(&since)
	return store.Time(since), err
}

// Teams are those to which conversations belong; zero: to none.
func (t *Threads) Teams(ctx context.Context, r store.Reader, org id.Org, conversations []id.Conversation) (map[id.Conversation]id.Team, error) {
	type given struct {
		conversation id.Conversation
		team         id.Team
	}
	pairs, err := store.CollectIn(ctx, r, func(row store.Row) (g given, err error) { return g, row.Scan(&g.conversation, &g.team) },
		"SELECT id, team_id FROM conversation WHERE org_id = ? AND id IN (?)", conversations, org)
	teams := make(map[id.Conversation]id.Team, len(pairs))
	for _, g := range pairs {
		teams[g.conversation] = g.team
	}
	return teams, err
}

// Backlogs reads what is open now, by team, the longest first.
func (t *Threads) Backlogs(ctx context.Context, r store.Reader, org id.Org) ([]chat.Backlog, error) {
	return store.Collect(ctx, r, func(row store.Row) (b chat.Backlog, err error) {
		var earliest int64
		err = row.Scan(&b.Team, &b.N, &b.Nobodys, &b.Snoozed, &b.Unread, &earliest)
		b.Earliest = store.Time(earliest)
		return b, err
	}, `SELECT team_id, COUNT(*), COUNT(CASE WHEN assignee_id IS NULL THEN 1 END), COUNT(CASE WHEN snoozed_until > 0 THEN 1 END), COUNT(CASE WHEN unread > 0 THEN 1 END),
			COALESCE(MIN(CASE WHEN NOT last_out AND snoozed_until = 0 AND last_in_at > 0 THEN last_in_at END), 0)
		FROM conversation WHERE org_id = ? AND state = 'open' GROUP BY team_id ORDER BY 2 DESC`, org)
}

// OpenByPerson counts the open conversations of everybody who has one.
func (t *Threads) OpenByPerson(ctx context.Context, r store.Reader, org id.Org) (map[id.Person]int64, error) {
	open := map[id.Person]int64{}
	_, err := store.Collect(ctx, r, func(row store.Row) (who id.Person, err error) {
		var n int64
		err = row.Scan(&who, &n)
		open[who] = n
		return who, err
	}, "SELECT contact_id, COUNT(*) FROM conversation WHERE org_id = ? AND state = 'open' GROUP BY contact_id", org)
	return open, err
}
