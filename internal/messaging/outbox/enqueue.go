package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// mostQueued is how many messages of one number may wait, unless Parts say
// otherwise.
const mostQueued = 1_000_000

// Enqueue asks the gate and, if it allows, queues the message in the same
// transaction. A refusal is not an error: it is in the Verdict, and it is
// stored. Errors: *cloudapi.ContentError, *template.MissingError, ErrNotFound.
func (o *Outbox) Enqueue(ctx context.Context, tx store.Tx, d Draft) (Queued, error) {
	if err := validate(d); err != nil {
		return Queued{}, err
	}
	people, err := o.People.GetMany(ctx, tx, d.Org, []id.Person{d.Contact})
	if err != nil {
		return Queued{}, err
	}
	person := people[d.Contact]
	if person == nil {
		return Queued{}, ErrNotFound
	}
	d.Contact = person.ID
	f, err := o.facts(ctx, tx, d.Org, d.Channel)
	if err != nil {
		return Queued{}, err
	}
	if err := f.about(ctx, chat.Asked{Person: person.ID}, chat.Asked{Person: person.ID, Own: d.Request.Purpose}); err != nil {
		return Queued{}, err
	}
	if d.Consented = strings.TrimSpace(d.Consented); d.Consented != "" && person.InForce().Restricted {
		d.Request.Consented = id.Entry(o.IDs.New())
	}
	in, err := f.input(ctx, person, d.Request, &d.Content)
	if err != nil {
		return Queued{}, err
	}
	d.Request.Category, d.Request.Occasion = in.Asked.Category, in.Asked.Occasion
	if in.Asked.Category == gate.Authentication {
		if err := o.hide(&d, locale(person)); err != nil {
			return Queued{}, err
		}
	}
	verdict := gate.Decide(in)
	q := Queued{Verdict: verdict}
	message := id.Message(o.IDs.New())
	if verdict.Outcome == gate.Deny {
		return q, o.record(ctx, tx, d.Org, message, person, "queue", verdict, d.Request.AskedBy)
	}
	if verdict.Duties.Has(gate.SendNoticeFirst) {
		notice, refused, err := o.enqueueNotice(ctx, tx, f, person, d)
		switch {
		case err != nil:
			return Queued{}, fmt.Errorf("queue the privacy notice: %w", err)
		case refused.Outcome == gate.Deny: // what has to go with it can't
			q.Verdict = refused
			return q, o.record(ctx, tx, d.Org, message, person, "queue", refused, d.Request.AskedBy)
		}
		q.Notice = notice
		message = id.Message(o.IDs.New()) // after the notice: a lane keeps the order of ids
	}
	lines := f.added(person).due(verdict.Duties)
	d.Content, _ = lines.into(d.Content)
	if d.Secret != nil {
		d.Secret.Content, _ = lines.into(d.Secret.Content)
	}
	if in.Asked.Kind == gate.KindTemplate && in.Template.HoldsNotice {
		if err := o.Notices.Carried(ctx, tx, d.Org, person.ID, in.Notice.Published, message); err != nil {
			return Queued{}, fmt.Errorf("note that a template brings the notice: %w", err)
		}
		if err := validate(d); err != nil { // with the line it may have become too long
			return Queued{}, err
		}
	}
	if verdict.Outcome == gate.Defer && verdict.NotBefore.After(d.NotBefore) {
		d.NotBefore = verdict.NotBefore
	}
	q.Message = message
	if err := o.proveUse(ctx, tx, message, person, d); err != nil {
		return Queued{}, err
	}
	if err := o.record(ctx, tx, d.Org, message, person, "queue", verdict, d.Request.AskedBy); err != nil {
		return Queued{}, err
	}
	return q, o.place(ctx, tx, message, person, d)
}

// proveUse writes down how a person agreed to a message although the use of her
// data is restricted.
func (o *Outbox) proveUse(ctx context.Context, tx store.Tx, message id.Message, p *chat.Known, d Draft) error {
	if d.Request.Consented.IsZero() {
		return nil
	}
	return o.Ledger.Append(ctx, tx, d.Org, evidence.Entry{ID: d.Request.Consented, Kind: "use.consented", Owner: id.ID(p.ID), At: o.Now(),
		Record: map[string]any{"message": message.String(), "how": d.Consented, "asked_by": d.Request.AskedBy}})
}

// validate checks what a draft sends and what it shows. A file of ours has no
// id at Meta yet.
func validate(d Draft) error {
	if d.Secret != nil {
		if err := cloudapi.Validate(d.Secret.Content); err != nil {
			return err
		}
	}
	if d.Media.IsZero() {
		return cloudapi.Validate(d.Content)
	}
	return cloudapi.Validate(d.Content.WithFile(d.Media.String()))
}

// place stores the message and its row in the queue.
func (o *Outbox) place(ctx context.Context, tx store.Tx, message id.Message, person *chat.Known, d Draft) error {
	conversation, err := o.Threads.Open(ctx, tx, d.Org, person.ID, d.Channel)
	if err != nil {
		return err
	}
	now := o.Now()
	m := &chat.Message{Org: d.Org, ID: message, Conversation: conversation, Contact: person.ID, Channel: d.Channel,
		Outgoing: true, Type: d.Content.Type, State: chat.Queued, Origin: d.Origin, Author: d.Author, ReplyTo: d.ReplyTo,
		Body: chat.Body{Content: d.Content, Media: d.Media, Secret: d.Secret != nil, Advertising: d.Request.Advertising, AI: d.Request.AI}, At: now, Created: now}
	if err := o.Threads.AddOutgoing(ctx, tx, person.Keys, m); err != nil {
		return err
	}
	request, err := json.Marshal(d.Request)
	if err != nil {
		return err
	}
	secret, until, err := o.sealSecret(ctx, tx, d.Org, message, d.Secret)
	if err != nil {
		return err
	}
	state, turn, urgency := "queued", "CASE WHEN "+holders+" THEN 2 ELSE 0 END", priority(d.Request.Occasion)
	held := holding(d.Org, person.ID, d.Channel, urgency, message, now)
	if d.NotBefore.After(now) {
		state, turn, held = "deferred", "0", nil
	}
	args := []any{d.Org, d.Channel, message, person.ID, urgency, state, string(request), store.Micros(d.NotBefore), store.Micros(now), secret, until}
	_, err = tx.Exec(ctx, "INSERT INTO outbox (org_id, channel_id, id, contact_id, priority, state, node, request, attempts, not_before, changed_at, secret, secret_until, turn) VALUES (?, ?, ?, ?, ?, ?, '', ?, 0, ?, ?, ?, ?, "+turn+")",
		append(args, held...)...)
	if err != nil {
		return fmt.Errorf("queue a message: %w", err)
	}
	tx.AfterCommit(func() { o.wake(d.Channel) })
	return nil
}

// Backlog is how many messages of a number wait; it stops counting where the
// queue is full.
func (o *Outbox) Backlog(ctx context.Context, r store.Reader, orgID id.Org, channel id.Channel) (int64, error) {
	var n int64
	err := r.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE org_id = ? AND channel_id = ? LIMIT ?) AS waiting", orgID, channel, o.Most).Scan(&n)
	return n, err
}

// Backlogs are the backlogs of several numbers.
func (o *Outbox) Backlogs(ctx context.Context, r store.Reader, orgID id.Org, channels []id.Channel) (map[id.Channel]int64, error) {
	counts := make([]int64, len(channels))
	pieces := make([]func(context.Context) error, len(channels))
	for i, channel := range channels {
		pieces[i] = func(ctx context.Context) (err error) {
			counts[i], err = o.Backlog(ctx, r, orgID, channel)
			return err
		}
	}
	if err := store.Together(ctx, r, pieces...); err != nil {
		return nil, fmt.Errorf("count what waits: %w", err)
	}
	all := make(map[id.Channel]int64, len(channels))
	for i, channel := range channels {
		all[channel] = counts[i]
	}
	return all, nil
}

// countedFor is how long the count of a long queue is taken for true.
const countedFor = time.Second

type backlog struct {
	n  int64
	at time.Time
}

// CheckRoom returns ErrFull when a number has too much waiting. A queue is
// counted once a second, so that a request does not cost more the longer it is.
func (o *Outbox) CheckRoom(ctx context.Context, r store.Reader, orgID id.Org, channel id.Channel) error {
	o.mu.Lock()
	known := o.backlogs[channel]
	o.mu.Unlock()
	if time.Since(known.at) > countedFor {
		n, err := o.Backlog(ctx, r, orgID, channel)
		if err != nil {
			return fmt.Errorf("count what waits: %w", err)
		}
		known = backlog{n, time.Now()}
		o.mu.Lock()
		o.backlogs[channel] = known
		o.mu.Unlock()
	}
	if known.n >= o.Most {
		return ErrFull
	}
	return nil
}

// enqueueNotice queues the message that links the privacy notice, to go before
// the message that the gate allowed on that condition (S12); it returns the
// verdict on it.
func (o *Outbox) enqueueNotice(ctx context.Context, tx store.Tx, f *facts, person *chat.Known, after Draft) (id.Message, gate.Verdict, error) {
	d := Draft{Org: after.Org, Contact: person.ID, Channel: after.Channel, Origin: chat.FromDuty,
		Content:   text(fmt.Sprintf(f.org.Settings.NoticeLine.In(locale(person)), o.NoticeURL(f.org.Slug))),
		Request:   Request{Occasion: gate.SystemDuty, Category: gate.Service, Errand: gate.ErrandNoticeDelivery, AskedBy: "rule notice", Consented: after.Request.Consented},
		NotBefore: after.NotBefore}
	in, err := f.input(ctx, person, d.Request, &d.Content)
	if err != nil {
		return id.Message{}, gate.Verdict{}, err
	}
	verdict := gate.Decide(in)
	message := id.Message(o.IDs.New())
	if err := o.record(ctx, tx, d.Org, message, person, "queue", verdict, d.Request.AskedBy); err != nil || !verdict.Allowed() {
		return id.Message{}, verdict, err
	}
	if err := o.Notices.Queued(ctx, tx, d.Org, person.ID, in.Notice.Published, message); err != nil {
		return id.Message{}, verdict, err
	}
	return message, verdict, o.place(ctx, tx, message, person, d)
}

// locale is the language in which a person is addressed.
func locale(p *chat.Known) string { return p.Language() }

// ErrKeyReused is returned when a key that stands for one message comes again
// with another one.
var ErrKeyReused = errors.New("the idempotency key was used with another body")

// EnqueueOnce is Enqueue for a caller who may ask twice: the same key with the
// same body queues one message and answers the same. A refusal is not kept:
// after the remedy the same request goes through. An empty key queues each
// time.
func (o *Outbox) EnqueueOnce(ctx context.Context, tx store.Tx, key string, body []byte, d Draft) (Queued, error) {
	if key == "" {
		return o.Enqueue(ctx, tx, d)
	}
	name, content := sha256.Sum256([]byte(key)), sha256.Sum256(body)
	var before []byte
	var message id.Message
	err := tx.QueryRow(ctx, "SELECT body_hash, message_id FROM idempotency WHERE org_id = ? AND key_hash = ?", d.Org, name[:]).Scan(&before, &message)
	if err == nil {
		return o.sameAgain(ctx, tx, d.Org, message, bytes.Equal(before, content[:]))
	}
	if !errors.Is(err, store.ErrNoRows) {
		return Queued{}, err
	}
	q, err := o.Enqueue(ctx, tx, d)
	if err != nil || q.Message.IsZero() {
		return q, err
	}
	_, err = tx.Exec(ctx, "INSERT INTO idempotency (org_id, key_hash, body_hash, status, message_id, at) VALUES (?, ?, ?, 202, ?, ?)",
		d.Org, name[:], content[:], q.Message, store.Micros(o.Now()))
	return q, err
}

func (o *Outbox) sameAgain(ctx context.Context, tx store.Tx, orgID id.Org, message id.Message, same bool) (Queued, error) {
	if !same {
		return Queued{}, ErrKeyReused
	}
	verdicts, err := o.Verdicts(ctx, tx, orgID, message)
	if err != nil || len(verdicts) == 0 {
		return Queued{}, err
	}
	v := verdicts[0]
	return Queued{Message: message, Repeated: true, Verdict: gate.Verdict{Outcome: v.Outcome, Reason: v.Reason, Row: v.Row, Basis: v.Basis}}, nil
}
