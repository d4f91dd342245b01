package conversation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// PersonOf is whose a conversation is; zero if there is none.
func (t *Threads) PersonOf(ctx context.Context, r store.Reader, org, conversation id.ID) (id.ID, error) {
	return person(r.QueryRow(ctx, "SELECT contact_id FROM conversation WHERE org_id = ? AND id = ?", org, conversation))
}

// PersonOfMessage is whom a message was exchanged with; zero if there is none.
func (t *Threads) PersonOfMessage(ctx context.Context, r store.Reader, org, message id.ID) (id.ID, error) {
	return person(r.QueryRow(ctx, "SELECT contact_id FROM message WHERE org_id = ? AND id = ?", org, message))
}

func person(row store.Row) (who id.ID, err error) {
	if err = row.Scan(&who); errors.Is(err, store.ErrNoRows) {
		err = nil
	}
	return who, err
}

// Of lists the conversations of a person, the one with the newest message
// first.
func (t *Threads) Of(ctx context.Context, r store.Reader, org, person id.ID) ([]id.ID, error) {
	all, err := store.Collect(ctx, r, scanID, "SELECT id FROM conversation WHERE org_id = ? AND contact_id = ? ORDER BY last_at DESC, id", org, person)
	if err != nil {
		return nil, fmt.Errorf("list the conversations of a person: %w", err)
	}
	return all, nil
}

// LeaveTeam takes all its conversations from a team.
func (t *Threads) LeaveTeam(ctx context.Context, tx store.Tx, org, team id.ID) error {
	if _, err := tx.Exec(ctx, "UPDATE conversation SET team_id = NULL WHERE org_id = ? AND team_id = ?", org, team); err != nil {
		return fmt.Errorf("take conversations from a team: %w", err)
	}
	return nil
}

// Placed says in which conversation a message is, and whether that one is kept
// as letters or vouchers.
type Placed struct {
	Conversation id.ID
	Kept         bool
}

// Places finds where messages are. Those that do not exist are left out.
func (t *Threads) Places(ctx context.Context, r store.Reader, org id.ID, messages []id.ID) (map[id.ID]Placed, error) {
	type found struct {
		message id.ID
		Placed
	}
	rows, err := store.CollectIn(ctx, r, func(row store.Row) (f found, err error) {
		return f, row.Scan(&f.message, &f.Conversation, &f.Kept)
	}, "SELECT m.id, m.conversation_id, c.keep_as <> '' FROM message m JOIN conversation c ON c.org_id = m.org_id AND c.id = m.conversation_id WHERE m.org_id = ? AND m.id IN (?)", messages, org)
	if err != nil {
		return nil, fmt.Errorf("find where messages are: %w", err)
	}
	places := make(map[id.ID]Placed, len(rows))
	for _, f := range rows {
		places[f.message] = f.Placed
	}
	return places, nil
}

// Written counts what was written from one moment until before another, on one
// number or, with the zero id, on all: with how many people, and which messages
// may carry files.
func (t *Threads) Written(ctx context.Context, r store.Reader, org, channel id.ID, from, until time.Time) (people, messages int64, files []id.ID, err error) {
	where, args := " FROM message WHERE org_id = ? AND at >= ? AND at < ?", []any{org, store.Micros(from), store.Micros(until)}
	if !channel.IsZero() {
		where, args = where+" AND channel_id = ?", append(args, channel)
	}
	if err = r.QueryRow(ctx, "SELECT COUNT(DISTINCT contact_id), COUNT(*)"+where, args...).Scan(&people, &messages); err != nil {
		return 0, 0, nil, fmt.Errorf("count what was written: %w", err)
	}
	if files, err = store.Collect(ctx, r, scanID, "SELECT id"+where+" AND type <> 'text'", args...); err != nil {
		return 0, 0, nil, fmt.Errorf("count what was written: %w", err)
	}
	return people, messages, files, nil
}
