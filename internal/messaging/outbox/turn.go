package outbox

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// What a lane may send is decided for each person: her messages go in their
// order. Only the first of hers stands at the head of the queue; the others are
// marked as waiting behind it, and are not looked at before it has gone. So
// taking messages costs the same whatever waits behind them.
//
// Whoever takes a message away, or lets others pass it, lets the next one of
// that person step forward, in the same transaction. The marks say how to find
// what may go; whether it may is asked again when it is taken.

// The turns of a queued message.
const (
	turnFirst  = 0 // nobody has tried to send it
	turnAgain  = 1 // it has been tried before
	turnBehind = 2 // it waits behind another one to the same person
)

// holders are the messages of a person that keep later ones back: of the same or
// a more urgent kind, and not put off for long, or long uncertain. Of those who
// wait themselves each kind is looked for alone, so that the index leads to it.
// See [holding] for the parameters.
const (
	holders = `EXISTS (SELECT 1 FROM outbox e WHERE e.org_id = ? AND e.contact_id = ? AND e.channel_id = ? AND e.turn IN (0, 1) AND e.priority <= ? AND e.id < ?
	AND (e.state IN ('queued', 'sending') OR e.state = 'deferred' AND e.not_before <= ? OR e.state = 'uncertain' AND e.changed_at > ?))` + waits + waits + waits
	waits = ` OR EXISTS (SELECT 1 FROM outbox e WHERE e.org_id = ? AND e.contact_id = ? AND e.channel_id = ? AND e.turn = 2 AND e.priority = ? AND e.id < ?)`
)

func holding(org id.Org, contact id.Person, channel id.Channel, urgency int64, message id.Message, now time.Time) []any {
	args := []any{org, contact, channel, urgency, message, store.Micros(now.Add(holdsBack)), store.Micros(now.Add(-uncertainHolds))}
	for kind := range int64(3) {
		args = append(args, org, contact, channel, min(kind, urgency), message)
	}
	return args
}

// headQuery reads the head of the queue.
const headQuery = `SELECT id, contact_id, priority, request, attempts, mark, secret, secret_until FROM outbox
WHERE org_id = ? AND channel_id = ? AND state = 'queued' AND turn = ? AND priority < ? ORDER BY priority, id LIMIT ?`

// rounds bounds how often a claim looks again because what it found has to wait.
const rounds = 8

// ahead finds, in the order of the lane, up to most messages that nothing holds
// back. More says that there may be further ones.
func (l *lane) ahead(ctx context.Context, tx store.Tx, now time.Time, below int64, most int) (found []waiting, more bool, err error) {
	for range rounds {
		var heads [2][]waiting
		for turn := range heads {
			if heads[turn], err = store.Collect(ctx, tx, scanWaiting, headQuery, l.org, l.channel, int64(turn), below, int64(most)); err != nil {
				return nil, false, fmt.Errorf("read the head of the queue: %w", err)
			}
		}
		reserved := (l.places+most)/8 - l.places/8
		l.places = (l.places + most) % 8
		chosen := choose(heads[turnFirst], heads[turnAgain], most, reserved)
		if len(chosen) == 0 {
			return nil, false, nil
		}
		free, held, err := l.free(ctx, tx, chosen, now)
		if err != nil {
			return nil, false, err
		}
		if err := setTurn(ctx, tx, l.org, l.channel, held); err != nil {
			return nil, false, err
		}
		if len(free) > 0 {
			return free, true, nil
		}
	}
	return nil, true, nil
}

// choose takes up to most messages of the head, the urgent ones first. Among
// equally urgent ones the first tries come first, so that what fails again and
// again does not keep the others from theirs; but some places are reserved for
// what was tried before, one in eight.
func choose(first, again []waiting, most, reserved int) []waiting {
	reserved = min(len(again), reserved)
	var chosen, more []waiting
	for urgency := int64(0); len(first)+len(again) > 0; urgency++ {
		for len(first) > 0 && first[0].priority <= urgency {
			if len(chosen)+reserved < most {
				chosen = append(chosen, first[0])
			} else {
				more = append(more, first[0])
			}
			first = first[1:]
		}
		for len(again) > 0 && again[0].priority <= urgency {
			if len(chosen) < most {
				chosen = append(chosen, again[0])
				reserved = max(0, reserved-1)
			}
			again = again[1:]
		}
	}
	return append(chosen, more[:min(len(more), most-len(chosen))]...)
}

// free tells which messages nothing holds back.
func (l *lane) free(ctx context.Context, tx store.Tx, some []waiting, now time.Time) (free []waiting, held []id.Message, err error) {
	args, behind := make([][]any, len(some)), make([]bool, len(some))
	for i, w := range some {
		args[i] = holding(l.org, w.contact, l.channel, w.priority, w.id, now)
	}
	err = tx.QueryMany(ctx, "SELECT "+holders, args, func(i int, row store.Row) error { return row.Scan(&behind[i]) })
	if err != nil {
		return nil, nil, fmt.Errorf("look for what holds messages back: %w", err)
	}
	for i, w := range some {
		if behind[i] {
			held = append(held, w.id)
		} else {
			free = append(free, w)
		}
	}
	return free, held, nil
}

func setTurn(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, held []id.Message) error {
	rows := make([][]any, len(held))
	for i, m := range held {
		rows[i] = []any{int64(turnBehind), org, channel, m}
	}
	err := tx.UpdateMany(ctx, store.Update{Table: "outbox", Set: "turn = ?", Where: "org_id = ? AND channel_id = ? AND id = ? AND state = 'queued'"}, rows)
	if err != nil {
		return fmt.Errorf("have messages wait behind others: %w", err)
	}
	return nil
}

// advance lets the next message of each person step forward.
func advance(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, people ...id.Person) error {
	args := make([][]any, 0, len(people))
	seen := make(map[id.Person]bool, len(people))
	for _, p := range people {
		if !seen[p] {
			seen[p] = true
			args = append(args, []any{org, p, channel})
		}
	}
	var next [][]any
	err := tx.QueryMany(ctx, "SELECT id FROM outbox WHERE org_id = ? AND contact_id = ? AND channel_id = ? AND turn = 2 ORDER BY priority, id LIMIT 1", args, func(_ int, row store.Row) error {
		var m id.Message
		err := row.Scan(&m)
		next = append(next, []any{org, channel, m})
		return err
	})
	if err == nil {
		err = tx.UpdateMany(ctx, store.Update{Table: "outbox", Set: "turn = CASE WHEN attempts > 0 THEN 1 ELSE 0 END", Where: "org_id = ? AND channel_id = ? AND id = ?"}, next)
	}
	if err != nil {
		return fmt.Errorf("let the next message of a person step forward: %w", err)
	}
	return nil
}

// passed lets those step forward who waited for messages that have been uncertain
// for long.
func (l *lane) passed(ctx context.Context, tx store.Tx, now time.Time) error {
	type doubt struct {
		id      id.Message
		contact id.Person
	}
	long, err := store.Collect(ctx, tx, func(row store.Row) (d doubt, err error) { return d, row.Scan(&d.id, &d.contact) },
		"SELECT id, contact_id FROM outbox WHERE org_id = ? AND channel_id = ? AND state = 'uncertain' AND not_before > 0 AND not_before <= ? LIMIT ?", l.org, l.channel, store.Micros(now), int64(claimMost))
	if err != nil || len(long) == 0 {
		return err
	}
	rows, people := make([][]any, len(long)), make([]id.Person, len(long))
	for i, d := range long {
		rows[i], people[i] = []any{l.org, l.channel, d.id}, d.contact
	}
	if err := tx.UpdateMany(ctx, store.Update{Table: "outbox", Set: "not_before = 0", Where: "org_id = ? AND channel_id = ? AND id = ?"}, rows); err != nil {
		return err
	}
	return advance(ctx, tx, l.org, l.channel, people...)
}

// mendEvery is how often a lane looks for messages that wait behind nothing.
const mendEvery = 30 * time.Second

// mend lets messages step forward that wait behind nothing: those of people who
// became one, and of versions before that did not know of turns.
func (l *lane) mend(ctx context.Context) error {
	if time.Since(l.mended) < mendEvery {
		return nil
	}
	l.mended = time.Now()
	now := l.o.Now()
	people, err := store.Collect(ctx, l.o.DB, store.One[id.Person], `SELECT DISTINCT w.contact_id FROM outbox w WHERE w.org_id = ? AND w.channel_id = ? AND w.state = 'queued' AND w.turn = 2
		AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.org_id = w.org_id AND e.contact_id = w.contact_id AND e.channel_id = w.channel_id AND e.turn IN (0, 1) AND e.priority <= w.priority AND e.id < w.id
			AND (e.state IN ('queued', 'sending') OR e.state = 'deferred' AND e.not_before <= ? OR e.state = 'uncertain' AND e.changed_at > ?)) LIMIT 1000`,
		l.org, l.channel, store.Micros(now.Add(holdsBack)), store.Micros(now.Add(-uncertainHolds)))
	if err != nil || len(people) == 0 {
		return err
	}
	return l.o.DB.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error { return advance(ctx, tx, l.org, l.channel, people...) })
}
