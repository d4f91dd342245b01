package conversation

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Forward reads the messages of a conversation after a place, oldest first, as
// many as fit a page; none at the end.
func (t *Threads) Forward(ctx context.Context, r store.Reader, org, conversation id.ID, after Place, limit int) ([]chat.Message, error) {
	all, _, err := t.After(ctx, r, org, conversation, after, limit)
	return all, err
}
