package conversation

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// exportBite is how many messages are read at a time.
const exportBite = 500

// Export writes the person's conversations, and how their messages are read.
func (t *Threads) Export(ctx context.Context, r store.Reader, org id.ID, into *record.Record) error {
	all, err := t.OfContact(ctx, r, org, into.Person.ID)
	for _, s := range all {
		into.Threads = append(into.Threads, record.Thread{ID: s.ID, Channel: s.Channel})
	}
	into.Messages = func(ctx context.Context, thread id.ID, after chat.Message) ([]chat.Message, error) {
		return t.Forward(ctx, r, org, thread, Place{At: after.At, ID: after.ID}, exportBite)
	}
	return err
}

// Forward reads the messages of a conversation after a place, oldest first.
func (t *Threads) Forward(ctx context.Context, r store.Reader, org, conversation id.ID, after Place, limit int) ([]chat.Message, error) {
	sealed, err := store.Collect(ctx, r, func(row store.Row) (sealedMessage, error) { return scanMessage(org, row) },
		"SELECT "+messageColumns+" FROM message WHERE org_id = ? AND conversation_id = ? AND (at, id) > (?, ?) ORDER BY at, id LIMIT ?",
		org, conversation, store.Micros(after.At), after.ID[:], int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read a conversation: %w", err)
	}
	return t.openAll(ctx, r, org, sealed)
}
