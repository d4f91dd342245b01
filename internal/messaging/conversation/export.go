package conversation

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

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
