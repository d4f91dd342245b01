package conversation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

// Keep says as what a conversation is kept: its messages are commercial letters
// or vouchers, which law asks to keep for years (HGB §257, AO §147).
type Keep string

// The ways.
const (
	Ordinary Keep = ""
	Letter   Keep = "letter"
	Voucher  Keep = "voucher"
)

// Keeps lists all ways.
func Keeps() []Keep { return []Keep{Ordinary, Letter, Voucher} }

// SetKeep marks a conversation.
func (t *Threads) SetKeep(ctx context.Context, tx store.Tx, org id.Org, conversation id.Conversation, as Keep) error {
	if !slices.Contains(Keeps(), as) {
		return fmt.Errorf("a conversation cannot be kept as %q", as)
	}
	n, err := tx.Exec(ctx, "UPDATE conversation SET keep_as = ?, changed_at = ? WHERE org_id = ? AND id = ?", string(as), store.Micros(t.now()), org, conversation)
	if err != nil {
		return fmt.Errorf("mark a conversation: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	t.tell(tx, org, conversation)
	return nil
}

// KeptAs reads how a conversation is marked.
func (t *Threads) KeptAs(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation) (as Keep, err error) {
	err = r.QueryRow(ctx, "SELECT keep_as FROM conversation WHERE org_id = ? AND id = ?", org, conversation).Scan(&as)
	return as, err
}

// classes is by which class messages go, by how their conversation is kept.
var classes = map[Keep]string{Ordinary: period.Messages, Letter: period.Letters, Voucher: period.Vouchers}

// Newest is when the newest message of an organisation came from a person, as Meta
// dates it; zero if there is none. What goes out is dated by our own clock.
func (*Threads) Newest(ctx context.Context, r store.Reader, org id.Org) (time.Time, error) {
	var at int64
	err := r.QueryRow(ctx, "SELECT COALESCE(MAX(last_in_at), 0) FROM conversation WHERE org_id = ?", org).Scan(&at)
	return store.Time(at), err
}

const (
	expireThreads  = 100 // conversations of one bite
	expireMessages = 500 // messages of one bite
)

// expired is what one bite has found due.
type expired struct {
	period.Orders
	counts map[string]int64
	gone   []id.Message // messages that were deleted
}

// due is a conversation that is looked at.
type due struct {
	id      id.Conversation
	contact id.Person
	as      Keep
	last    int64
}

// ExpireClasses deletes messages whose period is over, with their files and what
// was put on them: ordinary ones when their conversation has ended, letters and
// vouchers by their year, contact cards that people sent, and when messages were
// sent, delivered and read.
func (t *Threads) ExpireClasses(ctx context.Context, tx store.Tx, org id.Org, o period.Orders, after id.Cursor, counts map[string]int64) (next id.Cursor, err error) {
	e := expired{Orders: o, counts: counts}
	if next, err = t.expireSome(ctx, tx, org, &e, after); err != nil {
		return next, fmt.Errorf("delete messages that are due: %w", err)
	}
	return next, t.files.DeleteOf(ctx, tx, org, e.gone)
}

func (t *Threads) expireSome(ctx context.Context, tx store.Tx, org id.Org, e *expired, after id.Cursor) (next id.Cursor, err error) {
	threads, err := store.Collect(ctx, tx, func(row store.Row) (d due, err error) {
		return d, row.Scan(&d.id, &d.contact, &d.as, &d.last)
	}, "SELECT id, contact_id, keep_as, last_at FROM conversation WHERE org_id = ? AND id > ? ORDER BY id LIMIT ?", org, after[:], int64(expireThreads))
	if err != nil {
		return next, err
	}
	for _, d := range threads {
		if e.Held[id.ID(d.contact)] || e.Held[id.ID(d.id)] {
			next = id.Cursor(d.id)
			continue
		}
		more, err := t.expireOne(ctx, tx, org, e, d)
		if err != nil {
			return next, err
		}
		if more {
			if next.IsZero() {
				next = after
			}
			if next.IsZero() {
				next = id.Cursor{15: 1} // begins anew with the first conversation
			}
			return next, nil
		}
		next = id.Cursor(d.id)
	}
	if len(threads) < expireThreads {
		next = id.Cursor{}
	}
	return next, nil
}

// expireOne works on one conversation; it reports whether the bite is full.
func (t *Threads) expireOne(ctx context.Context, tx store.Tx, org id.Org, e *expired, d due) (more bool, err error) {
	before := e.Before[classes[d.as]]
	if d.as == Ordinary {
		if before, err = t.ended(ctx, tx, org, d, before); err != nil {
			return false, err
		}
	}
	room := expireMessages - len(e.gone)
	for _, one := range []struct {
		where string
		at    time.Time
		class string
	}{
		{" AND at < ?", before, classes[d.as]},
		{" AND at < ? AND type = 'contacts'", e.Before[period.Cards], period.Cards},
	} {
		if one.at.IsZero() {
			continue
		}
		gone, err := t.deleteSome(ctx, tx, org, d, one.where, one.at, room, e.Dry)
		if err != nil {
			return false, err
		}
		e.counts[one.class] += int64(len(gone))
		if e.Dry {
			continue
		}
		e.gone = append(e.gone, gone...)
		if room -= len(gone); room == 0 {
			return true, nil
		}
	}
	n, err := t.expireDetails(ctx, tx, org, d, e)
	e.counts[period.Details] += n
	return false, err
}

// ended is the end of what is due of an ordinary conversation: the last time
// that it was closed before the cutoff, or its last message if nobody has
// closed it and nobody has written since.
func (t *Threads) ended(ctx context.Context, r store.Reader, org id.Org, d due, cutoff time.Time) (time.Time, error) {
	if d.last < store.Micros(cutoff) {
		return cutoff, nil
	}
	var closed int64
	err := r.QueryRow(ctx, "SELECT COALESCE(MAX(at), 0) FROM conversation_end WHERE org_id = ? AND conversation_id = ? AND at < ?", org, d.id, store.Micros(cutoff)).Scan(&closed)
	if err != nil || closed == 0 {
		return time.Time{}, err
	}
	return store.Time(closed), nil
}

func (t *Threads) deleteSome(ctx context.Context, tx store.Tx, org id.Org, d due, where string, before time.Time, room int, dry bool) ([]id.Message, error) {
	if dry {
		room = 1 << 30
	}
	gone, err := store.Collect(ctx, tx, store.One[id.Message], "SELECT id FROM message WHERE org_id = ? AND conversation_id = ?"+where+" ORDER BY at LIMIT ?",
		org, d.id, store.Micros(before), int64(room))
	if err != nil || dry || len(gone) == 0 {
		return gone, err
	}
	rows := make([][]any, len(gone))
	for i, m := range gone {
		rows[i] = []any{org, m}
	}
	for _, from := range []store.Delete{{From: "reaction", Where: "org_id = ? AND message_id = ?"}, {From: "message", Where: "org_id = ? AND id = ?"}} {
		if err := tx.DeleteMany(ctx, from, rows); err != nil {
			return nil, err
		}
	}
	for _, m := range gone {
		if err := t.index.Delete(ctx, tx, org, m); err != nil {
			return nil, err
		}
	}
	// What the list shows of a conversation is a copy of its last message.
	_, err = tx.Exec(ctx, `UPDATE conversation SET preview = ?, last_message = NULL WHERE org_id = ? AND id = ? AND last_message IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM message m WHERE m.org_id = conversation.org_id AND m.id = conversation.last_message)`, []byte{}, org, d.id)
	t.tell(tx, org, d.id)
	return gone, err
}

func (t *Threads) expireDetails(ctx context.Context, tx store.Tx, org id.Org, d due, e *expired) (n int64, err error) {
	args := []any{org, d.id, store.Micros(e.Before[period.Details])}
	if e.Dry {
		return n, tx.QueryRow(ctx, "SELECT COUNT(*) FROM message WHERE org_id = ? AND conversation_id = ? AND at < ? AND (sent_at > 0 OR delivered_at > 0 OR read_at > 0)", args...).Scan(&n)
	}
	return tx.Exec(ctx, "UPDATE message SET sent_at = 0, delivered_at = 0, read_at = 0 WHERE org_id = ? AND conversation_id = ? AND at < ? AND (sent_at > 0 OR delivered_at > 0 OR read_at > 0)", args...)
}

// Marked is a conversation that is kept as letters or vouchers.
type Marked struct {
	ID      id.Conversation
	Contact id.Person
	Channel id.Channel
	As      Keep
}

// MarkedOnes lists the conversations that are kept as letters or vouchers.
func (t *Threads) MarkedOnes(ctx context.Context, r store.Reader, org id.Org) ([]Marked, error) {
	return store.Collect(ctx, r, func(row store.Row) (m Marked, err error) { return m, row.Scan(&m.ID, &m.Contact, &m.Channel, &m.As) },
		"SELECT id, contact_id, channel_id, keep_as FROM conversation WHERE org_id = ? AND keep_as <> '' ORDER BY id", org)
}
