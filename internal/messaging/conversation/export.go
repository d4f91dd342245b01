package conversation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// exportBite is how many messages are read at a time.
const exportBite = 500

// Export writes the person's conversations, and how their messages are read.
func (t *Threads) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	part := into.Part
	if part != nil && !part.Own {
		return nil
	}
	all, err := t.OfContact(ctx, r, org, into.Person.ID)
	for _, s := range all {
		into.Threads = append(into.Threads, record.Thread{ID: s.ID, Channel: s.Channel})
	}
	into.Messages = func(ctx context.Context, thread id.Conversation, after chat.Message) ([]chat.Message, error) {
		for {
			some, _, err := t.After(ctx, r, org, thread, Place{At: after.At, ID: id.Cursor(after.ID)}, exportBite)
			if err != nil || len(some) == 0 || part == nil {
				return some, err
			}
			after = some[len(some)-1]
			hers, err := t.proven(ctx, r, org, some, part.Until)
			if err != nil || len(hers) > 0 {
				return hers, err
			}
		}
	}
	into.Reactions = func(ctx context.Context, messages []chat.Message) (map[id.Message][]record.Reaction, error) {
		found, err := t.Reactions(ctx, r, org, messages)
		all := make(map[id.Message][]record.Reaction, len(found))
		for message, put := range found {
			for _, one := range put {
				from := "person"
				if one.Outgoing {
					from = "organisation"
				}
				all[message] = append(all[message], record.Reaction{From: from, Emoji: one.Emoji, At: one.At})
			}
		}
		return all, err
	}
	return err
}

// Apart notes that nobody but staff says whose the messages of a person are.
func (t *Threads) Apart(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	_, err := tx.Exec(ctx, "UPDATE message SET apart = TRUE WHERE org_id = ? AND contact_id = ?", org, person)
	return err
}

// proven are those of some messages that arose before a moment and are not set
// apart.
func (t *Threads) proven(ctx context.Context, r store.Reader, org id.Org, all []chat.Message, until time.Time) ([]chat.Message, error) {
	ids := make([]id.Message, len(all))
	for i, m := range all {
		ids[i] = m.ID
	}
	apart, err := store.CollectIn(ctx, r, store.One[id.Message], "SELECT id FROM message WHERE org_id = ? AND apart = TRUE AND id IN (?)", ids, org)
	if err != nil {
		return nil, fmt.Errorf("read what is set apart: %w", err)
	}
	return slices.DeleteFunc(all, func(m chat.Message) bool { return !m.Created.Before(until) || slices.Contains(apart, m.ID) }), nil
}
