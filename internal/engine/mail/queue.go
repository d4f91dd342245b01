package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/backoff"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Letter is a mail in the queue.
type Letter struct {
	pii.Personal
	Org   id.Org
	Owner id.ID // whose key seals it; zero: the organisation's
	// Kind says whose business the mail is, such as "optin"; Ref is the thing
	// it belongs to. Both come back when the mail is returned.
	Kind    string
	Ref     id.ID
	Message Message
	Until   time.Time // after which the mail is of no use and is deleted; zero: as long as any mail
	// Secret: it holds a code or a link that is for the reader alone. It is sealed
	// under a key of its own that no backup holds.
	Secret bool
}

// Returned is told, in the transaction that takes the mail from the queue,
// that the mail will not arrive.
type Returned func(ctx context.Context, tx store.Tx, org id.Org, ref id.ID) error

// Sender hands a mail over; *Post does.
type Sender interface {
	Send(ctx context.Context, org id.Org, m Message) error
	Configured() bool
}

// Queue keeps mails until the server has taken them.
type Queue struct {
	db       *store.DB
	vault    *vault.Vault
	ids      *id.Source
	now      func() time.Time
	log      *slog.Logger
	sender   Sender
	returned map[string]Returned
	wake     chan struct{}
}

// NewQueue makes a Queue. Returned holds, by kind, who is told about a mail
// that will not arrive.
func NewQueue(db *store.DB, v *vault.Vault, ids *id.Source, now func() time.Time, log *slog.Logger, sender Sender, returned map[string]Returned) *Queue {
	return &Queue{db: db, vault: v, ids: ids, now: now, log: log, sender: sender, returned: returned, wake: make(chan struct{}, 1)}
}

// WhenReturned says who is told when a mail of a kind does not arrive. Call it
// before the Queue is used.
func (q *Queue) WhenReturned(kind string, told Returned) { q.returned[kind] = told }

// Configured reports whether there is a server to send over.
func (q *Queue) Configured() bool { return q.sender.Configured() }

const sealContext = "mail.message"

// Add puts a mail into the queue, in the transaction of what it belongs to.
func (q *Queue) Add(ctx context.Context, tx store.Tx, l Letter) error {
	if _, err := CheckAddress(l.Message.To); err != nil {
		return err
	}
	if l.Owner.IsZero() {
		l.Owner = id.ID(l.Org)
	}
	keys, err := q.vault.Org(ctx, tx, l.Org)
	if err != nil {
		return err
	}
	ring, err := keys.Keyring(ctx, tx, l.Owner)
	if err != nil {
		return err
	}
	l.Message.ID = newToken(l.Org)
	text, err := json.Marshal(l.Message)
	if err != nil {
		return err
	}
	at, now := q.ids.New(), store.Micros(q.now())
	if l.Secret {
		until := l.Until
		if until.IsZero() {
			until = q.now().Add(GiveUp)
		}
		if ring, err = keys.Fleeting(ctx, tx, at, until); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "INSERT INTO mail_queue (org_id, id, owner_id, kind, ref, message, attempts, not_before, created_at, until) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
		l.Org, at, l.Owner, l.Kind, l.Ref, ring.Seal(sealContext, at, text), now, now, store.Micros(l.Until)); err != nil {
		return fmt.Errorf("queue a mail: %w", err)
	}
	tx.AfterCommit(q.Wake)
	return nil
}

// Wake makes Run look at the queue now.
func (q *Queue) Wake() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

const (
	lookEvery = 15 * time.Second
	batch     = 20
	lease     = 2 * time.Minute // longer than one conversation with the server
	// GiveUp is how long a mail is tried (RFC 5321 §4.5.4.1: four to five days).
	GiveUp = 4 * 24 * time.Hour
)

// Run sends what is queued until ctx ends. Any number of nodes may run it.
func (q *Queue) Run(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		if _, err := q.Deliver(ctx); err != nil && ctx.Err() == nil {
			q.log.Error("the mail queue could not be worked on; it comes round again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		case <-look.C:
		}
	}
}

// waiting is a mail that this node has taken up.
type waiting struct {
	Letter
	id       id.ID
	sealed   []byte
	attempts int64
	since    time.Time
}

// Deliver sends what is due and reports how many mails the server took.
func (q *Queue) Deliver(ctx context.Context) (sent int, err error) {
	for {
		due, err := q.claim(ctx)
		if err != nil || len(due) == 0 {
			return sent, err
		}
		for _, w := range due {
			taken, err := q.deliver(ctx, w)
			if err != nil {
				return sent, err
			}
			if taken {
				sent++
			}
		}
	}
}

// claim takes up what is due: until the lease ends no other node does.
func (q *Queue) claim(ctx context.Context) (due []waiting, err error) {
	now := q.now()
	err = q.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		due, err = store.Collect(ctx, tx, func(row store.Row) (waiting, error) {
			var w waiting
			var since, until int64
			err := row.Scan(&w.Org, &w.id, &w.Owner, &w.Kind, &w.Ref, &w.sealed, &w.attempts, &since, &until)
			w.since, w.Until = store.Time(since), store.Time(until)
			return w, err
		}, `UPDATE mail_queue SET not_before = ?, attempts = attempts + 1 WHERE (org_id, id) IN
			(SELECT org_id, id FROM mail_queue WHERE not_before <= ? ORDER BY not_before LIMIT ?) AND not_before <= ?
			RETURNING org_id, id, owner_id, kind, ref, message, attempts, created_at, until`,
			store.Micros(now.Add(lease)), store.Micros(now), int64(batch), store.Micros(now))
		return err
	})
	return due, err
}

// deliver tries one mail. An error is one of ours, not of the mail server.
func (q *Queue) deliver(ctx context.Context, w waiting) (taken bool, err error) {
	if !w.Until.IsZero() && !q.now().Before(w.Until) {
		return false, q.giveUp(ctx, w)
	}
	err = q.open(ctx, &w)
	if err == nil {
		err = q.sender.Send(ctx, w.Org, w.Message)
	}
	switch {
	case err == nil:
		return true, q.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			return errors.Join(q.note(ctx, tx, w), q.delete(ctx, tx, w))
		})
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, vault.ErrDestroyed): // the person is erased, or a secret is lost: nobody is written to
		return false, q.db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return q.delete(ctx, tx, w) })
	case errors.Is(err, ErrRejected), errors.Is(err, ErrAddress), q.now().Sub(w.since) > GiveUp:
		return false, q.giveUp(ctx, w)
	default:
		q.log.Warn("a mail could not be sent; it is tried again", "organisation", w.Org.String(), "kind", w.Kind, "attempt", w.attempts, "error", err)
		return false, q.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE mail_queue SET not_before = ? WHERE org_id = ? AND id = ?", store.Micros(q.now().Add(pause.After(w.attempts, w.id.String()))), w.Org, w.id)
			return err
		})
	}
}

// giveUp takes a mail out of the queue that will not arrive.
func (q *Queue) giveUp(ctx context.Context, w waiting) error {
	q.log.Warn("a mail will not arrive", "organisation", w.Org.String(), "kind", w.Kind, "ref", w.Ref.String())
	return q.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if told := q.returned[w.Kind]; told != nil {
			if err := told(ctx, tx, w.Org, w.Ref); err != nil {
				return err
			}
		}
		return q.delete(ctx, tx, w)
	})
}

// pause before the next attempt of a mail.
var pause = backoff.Pause{First: time.Minute, Most: 4 * time.Hour}

func (q *Queue) open(ctx context.Context, w *waiting) error {
	keys, err := q.vault.Org(ctx, q.db, w.Org)
	if err != nil {
		return err
	}
	ring, err := keys.OfRow(ctx, q.db, w.id)
	if errors.Is(err, vault.ErrDestroyed) { // it is no secret, or is one that is lost
		ring, err = keys.Keyring(ctx, q.db, w.Owner)
	}
	if err != nil {
		return err
	}
	text, err := ring.Open(sealContext, w.id, w.sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &w.Message)
}

func (q *Queue) delete(ctx context.Context, tx store.Tx, w waiting) error {
	return q.cancel(ctx, tx, w.Org, "DELETE FROM mail_queue WHERE org_id = ? AND id = ? RETURNING id", w.id)
}

// Cancel takes the mails of one thing out of the queue.
func (q *Queue) Cancel(ctx context.Context, tx store.Tx, org id.Org, kind string, ref id.Any) error {
	return q.cancel(ctx, tx, org, "DELETE FROM mail_queue WHERE org_id = ? AND kind = ? AND ref = ? RETURNING id", kind, id.ID(ref))
}

// cancel deletes mails, and the keys of those that were secret.
func (q *Queue) cancel(ctx context.Context, tx store.Tx, org id.Org, query string, args ...any) error {
	gone, err := store.Collect(ctx, tx, store.One[id.ID], query, append([]any{org}, args...)...)
	if err != nil {
		return fmt.Errorf("take mails out of the queue: %w", err)
	}
	return vault.DestroyFleeting(ctx, tx, org, gone...)
}

// Erase deletes the mails to a person.
func (q *Queue) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	err := q.cancel(ctx, tx, org, "DELETE FROM mail_queue WHERE org_id = ? AND owner_id = ? RETURNING id", person)
	_, sent := tx.Exec(ctx, "DELETE FROM mail_sent WHERE org_id = ? AND owner_id = ?", org, person)
	return 0, false, errors.Join(err, sent)
}

// Merge lets the mails to a person follow her key to the person she turned
// out to be.
func (q *Queue) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	return q.Follow(ctx, tx, org, from, into)
}

// Follow is Merge for what was about something that turned out to be a person.
func (q *Queue) Follow(ctx context.Context, tx store.Tx, org id.Org, from, into id.Any) error {
	_, err := tx.Exec(ctx, "UPDATE mail_queue SET owner_id = ? WHERE org_id = ? AND owner_id = ?", id.ID(into), org, id.ID(from))
	_, sent := tx.Exec(ctx, "UPDATE mail_sent SET owner_id = ? WHERE org_id = ? AND owner_id = ?", id.ID(into), org, id.ID(from))
	return errors.Join(err, sent)
}
