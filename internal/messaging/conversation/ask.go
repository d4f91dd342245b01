package conversation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// PersonOf is whose a conversation is; zero if there is none.
func (t *Threads) PersonOf(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation) (id.Person, error) {
	return person(r.QueryRow(ctx, "SELECT contact_id FROM conversation WHERE org_id = ? AND id = ?", org, conversation))
}

// PersonOfMessage is whom a message was exchanged with; zero if there is none.
func (t *Threads) PersonOfMessage(ctx context.Context, r store.Reader, org id.Org, message id.Message) (id.Person, error) {
	return person(r.QueryRow(ctx, "SELECT contact_id FROM message WHERE org_id = ? AND id = ?", org, message))
}

func person(row store.Row) (who id.Person, err error) {
	if err = row.Scan(&who); errors.Is(err, store.ErrNoRows) {
		err = nil
	}
	return who, err
}

// Of lists the conversations of a person, the one with the newest message
// first.
func (t *Threads) Of(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]id.Conversation, error) {
	all, err := store.Collect(ctx, r, store.One[id.Conversation], "SELECT id FROM conversation WHERE org_id = ? AND contact_id = ? ORDER BY last_at DESC, id", org, person)
	if err != nil {
		return nil, fmt.Errorf("list the conversations of a person: %w", err)
	}
	return all, nil
}

// underWayFor is how long WhatsApp keeps what it cannot deliver.
const underWayFor = 30 * 24 * time.Hour

// UnderWay reports whether something that left for a person may still arrive.
func (t *Threads) UnderWay(ctx context.Context, r store.Reader, org id.Org, person id.Person, now time.Time) (bool, error) {
	var n int64
	err := r.QueryRow(ctx, `SELECT COUNT(*) FROM message WHERE org_id = ? AND conversation_id IN (SELECT id FROM conversation WHERE org_id = ? AND contact_id = ?)
		AND at >= ? AND outgoing AND state IN (?, ?, ?, ?)`, org, org, person, store.Micros(now.Add(-underWayFor)), chat.Sending, chat.Uncertain, chat.Accepted, chat.Sent).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for what is under way to a person: %w", err)
	}
	return n > 0, nil
}

// LeaveTeam takes all its conversations from a team.
func (t *Threads) LeaveTeam(ctx context.Context, tx store.Tx, org id.Org, team id.Team) error {
	if _, err := tx.Exec(ctx, "UPDATE conversation SET team_id = NULL WHERE org_id = ? AND team_id = ?", org, team); err != nil {
		return fmt.Errorf("take conversations from a team: %w", err)
	}
	return nil
}

// Staying finds the messages whose files stay with their conversations: those
// that are kept as letters or vouchers, and those that a legal hold keeps.
func (t *Threads) Staying(ctx context.Context, r store.Reader, org id.Org, messages []id.Message, held map[id.ID]bool) (map[id.Message]bool, error) {
	type placed struct {
		message      id.Message
		conversation id.Conversation
		kept         bool
	}
	all, err := store.CollectIn(ctx, r, func(row store.Row) (p placed, err error) {
		return p, row.Scan(&p.message, &p.conversation, &p.kept)
	}, "SELECT m.id, m.conversation_id, c.keep_as <> '' FROM message m JOIN conversation c ON c.org_id = m.org_id AND c.id = m.conversation_id WHERE m.org_id = ? AND m.id IN (?)", messages, org)
	if err != nil {
		return nil, fmt.Errorf("find where messages are: %w", err)
	}
	staying := make(map[id.Message]bool, len(all))
	for _, p := range all {
		staying[p.message] = p.kept || held[id.ID(p.conversation)]
	}
	return staying, nil
}

// Written counts what was written from one moment until before another, on one
// number or, with the zero id, on all: with how many people, and which messages
// may carry files.
func (t *Threads) Written(ctx context.Context, r store.Reader, org id.Org, channel id.Channel, from, until time.Time) (people, messages int64, files []id.Message, err error) {
	where, args := " FROM message WHERE org_id = ? AND at >= ? AND at < ?", []any{org, store.Micros(from), store.Micros(until)}
	if !channel.IsZero() {
		where, args = where+" AND channel_id = ?", append(args, channel)
	}
	if err = r.QueryRow(ctx, "SELECT COUNT(DISTINCT contact_id), COUNT(*)"+where, args...).Scan(&people, &messages); err != nil {
		return 0, 0, nil, fmt.Errorf("count what was written: %w", err)
	}
	if files, err = store.Collect(ctx, r, store.One[id.Message], "SELECT id"+where+" AND type <> 'text'", args...); err != nil {
		return 0, 0, nil, fmt.Errorf("count what was written: %w", err)
	}
	return people, messages, files, nil
}

// Writers are those with whom something was written from one moment until before
// another, on one number or on all, behind one of them.
func (t *Threads) Writers(ctx context.Context, r store.Reader, org id.Org, channel id.Channel, from, until time.Time, after id.Person, limit int) ([]id.Person, error) {
	where, args := " AND at >= ? AND at < ? AND contact_id > ?", []any{org, store.Micros(from), store.Micros(until), after[:]}
	if !channel.IsZero() {
		where, args = where+" AND channel_id = ?", append(args, channel)
	}
	all, err := store.Collect(ctx, r, store.One[id.Person], "SELECT DISTINCT contact_id FROM message WHERE org_id = ?"+where+" ORDER BY contact_id LIMIT ?", append(args, int64(limit))...)
	if err != nil {
		return nil, fmt.Errorf("find who wrote: %w", err)
	}
	return all, nil
}

// Nobodys reports whether neither a team nor a member of staff has a
// conversation.
func (t *Threads) Nobodys(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation) (bool, error) {
	s, err := t.Summary(ctx, r, org, conversation)
	return s.Assignee.IsZero() && s.Team.IsZero(), err
}

// Show has everybody who looks at a person's conversations see that something
// about her changed, after the commit.
func (t *Threads) Show(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	hers, err := t.Of(ctx, tx, org, person)
	for _, at := range hers {
		t.tell(tx, org, at)
	}
	return err
}
