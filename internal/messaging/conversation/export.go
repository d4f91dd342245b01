package conversation

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// exportBite is how many messages are read at a time.
const exportBite = 500

// Export writes the person's conversations, and how their messages are read.
func (t *Threads) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	all, err := t.OfContact(ctx, r, org, into.Person.ID)
	for _, s := range all {
		into.Threads = append(into.Threads, record.Thread{ID: s.ID, Channel: s.Channel})
	}
	into.Messages = func(ctx context.Context, thread id.Conversation, after chat.Message) ([]chat.Message, error) {
		some, _, err := t.After(ctx, r, org, thread, Place{At: after.At, ID: id.Cursor(after.ID)}, exportBite)
		return some, err
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
