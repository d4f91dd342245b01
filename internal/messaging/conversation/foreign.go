package conversation

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// foreignAfter is how long a status waits for the echo of what staff wrote in the
// app before it counts as one of a message that nobody here sent.
const foreignAfter = 10 * time.Minute

// Foreign counts, by number, the messages of the last week that went out and that
// neither we nor somebody in the app has sent: other software sends past the
// gate. Each of ours carries its id to Meta and back, so it is never among them.
func (*Threads) Foreign(ctx context.Context, r store.Reader, org id.Org, now time.Time) (map[id.Channel]int64, error) {
	type count struct {
		channel id.Channel
		n       int64
	}
	all, err := store.Collect(ctx, r, func(row store.Row) (c count, err error) { return c, row.Scan(&c.channel, &c.n) },
		"SELECT channel_id, COUNT(DISTINCT wamid_hash) FROM early WHERE org_id = ? AND channel_id IS NOT NULL AND at <= ? GROUP BY channel_id", org, store.Micros(now.Add(-foreignAfter)))
	if err != nil {
		return nil, fmt.Errorf("count messages that others sent: %w", err)
	}
	counts := map[id.Channel]int64{}
	for _, c := range all {
		counts[c.channel] = c.n
	}
	return counts, nil
}

// over is the number over which a change says that a message went out; nil if it
// does not. That one was read says nothing: it may be of long ago.
func (c Change) over() any {
	if c.Kind == StatusChange && !c.Channel.IsZero() && (c.State == chat.Sent || c.State == chat.Delivered || c.State == chat.Failed) {
		return c.Channel
	}
	return nil
}
