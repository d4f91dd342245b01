package conversation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Assign gives a conversation to a member of staff, or to a team, or to both;
// zero ids take it away.
func (t *Threads) Assign(ctx context.Context, tx store.Tx, org id.Org, conversation id.Conversation, account id.Account, team id.Team) error {
	return t.work(ctx, tx, org, conversation, "UPDATE conversation SET assignee_id = ?, team_id = ?, changed_at = ? WHERE org_id = ? AND id = ?", maybe(id.ID(account)), maybe(id.ID(team)))
}

// Snooze puts a conversation off until a moment: it leaves the open ones and
// comes back by itself, or as soon as the person writes. One that is closed is
// not among the open ones: [ErrClosed].
func (t *Threads) Snooze(ctx context.Context, tx store.Tx, org id.Org, conversation id.Conversation, until time.Time) error {
	err := t.work(ctx, tx, org, conversation, "UPDATE conversation SET snoozed_until = ?, changed_at = ? WHERE org_id = ? AND id = ? AND state <> 'closed'", store.Micros(until))
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	var closed bool
	if readErr := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM conversation WHERE org_id = ? AND id = ?)", org, conversation).Scan(&closed); readErr != nil {
		return readErr
	}
	if closed {
		return ErrClosed
	}
	return err
}

func (t *Threads) work(ctx context.Context, tx store.Tx, org id.Org, conversation id.Conversation, query string, args ...any) error {
	n, err := tx.Exec(ctx, query, append(args, store.Micros(t.now()), org, conversation)...)
	if err != nil {
		return fmt.Errorf("work on a conversation: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	t.tell(tx, org, conversation)
	return nil
}

func maybe(i id.ID) any {
	if i.IsZero() {
		return nil
	}
	return i
}

// Wake brings back the conversations of an organisation that were put off
// until now.
func (t *Threads) Wake(ctx context.Context, tx store.Tx, org id.Org) error {
	now := store.Micros(t.now())
	due, err := store.Collect(ctx, tx, store.One[id.Conversation],
		"SELECT id FROM conversation WHERE org_id = ? AND snoozed_until > 0 AND snoozed_until <= ?", org, now)
	if err != nil {
		return fmt.Errorf("read what was put off: %w", err)
	}
	rows := make([][]any, len(due))
	for i, c := range due {
		rows[i] = []any{now, org, c}
		t.tell(tx, org, c)
	}
	err = tx.UpdateMany(ctx, store.Update{Table: "conversation", Set: "snoozed_until = 0, changed_at = ?", Where: "org_id = ? AND id = ?"}, rows)
	return err
}

// Load counts the open conversations of each member of staff.
func (t *Threads) Load(ctx context.Context, r store.Reader, org id.Org, accounts []id.Account) (map[id.Account]int, error) {
	load := make(map[id.Account]int, len(accounts))
	for _, a := range accounts {
		var n int64
		if err := r.QueryRow(ctx, "SELECT COUNT(*) FROM conversation WHERE org_id = ? AND assignee_id = ? AND state = 'open' AND snoozed_until = 0", org, a).Scan(&n); err != nil {
			return nil, fmt.Errorf("count somebody's conversations: %w", err)
		}
		load[a] = int(n)
	}
	return load, nil
}

// WakeEvery is how often is looked who was put off until now; people choose
// minutes.
const WakeEvery = time.Minute

// WakeAll does so for some organisations.
func (t *Threads) WakeAll(ctx context.Context, db *store.DB, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	if err != nil {
		return err
	}
	for _, org := range all {
		if err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return t.Wake(ctx, tx, org) }); err != nil {
			return err
		}
	}
	return nil
}
