package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// A lane is owned by one node at a time. Its lease has a number, which grows
// each time that the lane changes hands, and an end, by the clock of the
// database alone. The owner shows his number again in the very transaction that
// marks messages as sending: a node that slept, or whose clock is wrong, finds
// that the number is not his any more, and marks nothing.

// errOvertaken is returned when another node has taken over what this one was
// about to do.
var errOvertaken = errors.New("another node has taken the lane over")

// hold takes or renews the lease.
func (l *lane) hold(ctx context.Context) (bool, error) {
	if l.lease != 0 && time.Since(l.renewed) < leaseRenew {
		return true, nil
	}
	began := time.Now()
	var number int64
	err := l.o.DB.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		number, err = l.take(ctx, tx)
		return err
	})
	if err != nil {
		number = 0
	}
	l.lease, l.renewed = number, began
	if errors.Is(err, errClock) {
		err = nil // it was told
	}
	return number != 0, err
}

// take returns the number of our lease; 0 if another node has the lane. Whoever
// takes a lane over finds out what the owner before left in the air.
func (l *lane) take(ctx context.Context, tx store.Tx) (int64, error) {
	if ours, err := l.owned(ctx, tx); err != nil || ours {
		return l.lease, err
	}
	now, err := l.o.time(ctx, tx)
	if err != nil {
		return 0, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO lane (org_id, channel_id, node, until, number) VALUES (?, ?, ?, ?, 1)
		ON CONFLICT (org_id, channel_id) DO UPDATE SET node = excluded.node, until = excluded.until, number = lane.number + 1 WHERE lane.node = ? OR lane.until < ?`,
		l.org, l.channel, l.o.Node, store.Micros(now.Add(leaseLife)), l.o.Node, store.Micros(now))
	if err != nil || n == 0 {
		return 0, err
	}
	var number int64
	if err := tx.QueryRow(ctx, "SELECT number FROM lane WHERE org_id = ? AND channel_id = ?", l.org, l.channel).Scan(&number); err != nil {
		return 0, fmt.Errorf("read the number of a lease: %w", err)
	}
	return number, l.recover(ctx, tx)
}

// errClock is returned when this node's clock is too wrong for it to send: what it
// writes would stand at the wrong time, and quiet hours would end at the wrong
// one.
var errClock = errors.New("the clock of this node is wrong")

// clockOff is by how much a node's clock may differ from the database's.
const clockOff = 5 * time.Second

// time is the database's time; errClock if the node's own is another one.
func (o *Outbox) time(ctx context.Context, tx store.Tx) (time.Time, error) {
	before := o.Clock()
	now, err := o.DB.Now(ctx, tx)
	after := o.Clock()
	if err != nil {
		return now, err
	}
	off := max(before.Sub(now), now.Sub(after))
	if wrong := off > clockOff; wrong != o.wrong.Swap(wrong) {
		if wrong {
			o.Log.Error("the clock of this node is wrong: it sends nothing until it is right; let it ask a time server (NTP)", "seconds", int(off.Seconds()), "database", now.UTC().Format(time.RFC3339))
		} else {
			o.Log.Info("the clock of this node is right again; it sends")
		}
	}
	if off > clockOff {
		return now, errClock
	}
	return now, nil
}

// ClockWrong reports whether this node sends nothing because its clock is wrong.
func (o *Outbox) ClockWrong() bool { return o.wrong.Load() }

// owned renews the lease and reports whether it is still ours. Until the
// transaction ends, nobody else can take the lane over.
func (l *lane) owned(ctx context.Context, tx store.Tx) (bool, error) {
	now, err := l.o.time(ctx, tx)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, "UPDATE lane SET until = ? WHERE org_id = ? AND channel_id = ? AND node = ? AND number = ? AND until >= ?",
		store.Micros(now.Add(leaseLife)), l.org, l.channel, l.o.Node, l.lease, store.Micros(now))
	return n == 1, err
}

// release gives the lease back.
func (l *lane) release(ctx context.Context) error {
	return l.o.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE lane SET until = 0 WHERE org_id = ? AND channel_id = ? AND node = ? AND number = ?", l.org, l.channel, l.o.Node, l.lease)
		return err
	})
}

// recover makes uncertain what another process, or an earlier life of this
// one, was sending when it ended.
func (l *lane) recover(ctx context.Context, tx store.Tx) error {
	lost, err := store.Collect(ctx, tx, store.One[id.Message],
		"SELECT id FROM outbox WHERE org_id = ? AND channel_id = ? AND state = 'sending' AND node <> ?", l.org, l.channel, l.o.Node)
	if err != nil || len(lost) == 0 {
		return err
	}
	for _, m := range lost {
		now := l.o.Now()
		n, err := tx.Exec(ctx, "UPDATE outbox SET state = 'uncertain', secret = NULL, changed_at = ?, not_before = ? WHERE org_id = ? AND channel_id = ? AND id = ? AND state = 'sending' AND node <> ?",
			store.Micros(now), store.Micros(now.Add(uncertainHolds)), l.org, l.channel, m, l.o.Node)
		if err != nil {
			return err
		}
		if n == 0 {
			continue // its outcome came in this moment
		}
		if err := vault.DestroyFleeting(ctx, tx, l.org, m); err != nil {
			return err
		}
		if err := l.o.Threads.Progress(ctx, tx, l.org, chat.Progress{Message: m, State: chat.Uncertain}); err != nil {
			return err
		}
	}
	l.o.Log.Warn("messages were under way when a process ended: uncertain until a status arrives", "channel", l.channel.String(), "messages", len(lost))
	return nil
}

// unsaid puts back what a claim marked as sending although its outcome never
// reached us (the connection broke during the commit): no call was made.
func (l *lane) unsaid(ctx context.Context, tx store.Tx) error {
	marked, err := store.Collect(ctx, tx, store.One[id.Message],
		"SELECT id FROM outbox WHERE org_id = ? AND channel_id = ? AND state = 'sending' AND node = ?", l.org, l.channel, l.o.Node)
	if err != nil {
		return err
	}
	messages, err := l.o.Threads.Find(ctx, tx, l.org, marked)
	if err != nil {
		return err
	}
	for _, m := range marked {
		if _, flies := l.flying[m]; flies {
			continue
		}
		n, err := tx.Exec(ctx, "UPDATE outbox SET state = 'queued', node = '', changed_at = ? WHERE org_id = ? AND channel_id = ? AND id = ? AND state = 'sending' AND node = ?",
			store.Micros(l.o.Now()), l.org, l.channel, m, l.o.Node)
		if err != nil {
			return err
		}
		if n == 0 {
			continue // another node has taken over, and nobody knows any more
		}
		cost := messages[m].Cost
		if err := l.o.giveBack(ctx, tx, l.org, messages[m], cost); err != nil {
			return err
		}
		if err := l.o.Threads.Progress(ctx, tx, l.org, chat.Progress{Message: m, State: chat.Queued, Forced: true, Cost: -cost}); err != nil {
			return err
		}
	}
	return nil
}

// Succeed takes the lanes over that another node held, because that node has
// ended: nobody has to wait for its leases.
func (o *Outbox) Succeed(ctx context.Context, tx store.Tx, node string) error {
	_, err := tx.Exec(ctx, "UPDATE lane SET until = 0 WHERE node = ?", node)
	return err
}
