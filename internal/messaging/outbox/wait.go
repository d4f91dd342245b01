package outbox

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// holdsBack is how far ahead a message may be put off and still keep later
// ones to the same person behind it. What is put off for longer (send
// tomorrow) does not hold up an answer of today.
const holdsBack = 5 * time.Minute

// Waits says until when messages of a number wait that go out later: for a
// while in which they can be taken back, or until a chosen moment. What does
// not wait is left out.
func (o *Outbox) Waits(ctx context.Context, r store.Reader, orgID id.Org, channel id.Channel, messages []id.Message) (map[id.Message]time.Time, error) {
	found := map[id.Message]time.Time{}
	_, err := store.CollectIn(ctx, r, func(row store.Row) (struct{}, error) {
		var m id.Message
		var at int64
		err := row.Scan(&m, &at)
		found[m] = store.Time(at)
		return struct{}{}, err
	}, "SELECT id, not_before FROM outbox WHERE org_id = ? AND channel_id = ? AND state = 'deferred' AND id IN (?)", messages, orgID, channel)
	if err != nil {
		return nil, fmt.Errorf("read when messages go out: %w", err)
	}
	return found, nil
}

// TakeBack takes back a message that still waits to go out; ErrSettled if it
// is too late.
func (o *Outbox) TakeBack(ctx context.Context, tx store.Tx, orgID id.Org, message id.Message) error {
	m, err := o.settled(ctx, tx, orgID, message)
	if err != nil {
		return err
	}
	if m.State != chat.Queued {
		return ErrSettled
	}
	return o.dismiss(ctx, tx, m)
}
