package outbox

import (
	"context"
	"errors"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Again sends a failed message, or one whose fate is uncertain, once more,
// because a person decided so. The gate is asked anew; its refusal is in the
// Queued. A code or a link for the person is gone by then: ErrSecret.
func (o *Outbox) Again(ctx context.Context, tx store.Tx, orgID id.Org, message id.Message, by id.Account) (Queued, error) {
	m, err := o.settled(ctx, tx, orgID, message)
	if err != nil {
		return Queued{}, err
	}
	if m.Body.Secret {
		return Queued{}, ErrSecret
	}
	q, err := o.Enqueue(ctx, tx, Draft{Org: orgID, Contact: m.Contact, Channel: m.Channel, Content: m.Body.Content, Media: m.Body.Media,
		ReplyTo: m.ReplyTo, Origin: chat.FromAgent, Author: by,
		Request: againRequest(m, by)})
	if err != nil || q.Message.IsZero() {
		return q, err
	}
	return q, o.dismiss(ctx, tx, m)
}

// againRequest leaves occasion and category of a template to the conversation and
// the template. What was advertising, or a machine's, stays so.
func againRequest(m chat.Message, by id.Account) Request {
	q := Request{Occasion: gate.Reply, Category: gate.Service, AskedBy: "account " + by.String(), Advertising: m.Body.Advertising, AI: m.Body.AI}
	if m.Body.Content.Template != nil {
		q.Occasion, q.Category = "", ""
	}
	return q
}

// Dismiss gives up a message whose fate is uncertain, or takes back one that
// still waits.
func (o *Outbox) Dismiss(ctx context.Context, tx store.Tx, orgID id.Org, message id.Message) error {
	m, err := o.settled(ctx, tx, orgID, message)
	if err != nil {
		return err
	}
	return o.dismiss(ctx, tx, m)
}

func (o *Outbox) dismiss(ctx context.Context, tx store.Tx, m chat.Message) error {
	n, err := tx.Exec(ctx, "DELETE FROM outbox WHERE org_id = ? AND channel_id = ? AND id = ? AND state <> 'sending'", m.Org, m.Channel, m.ID)
	if err != nil {
		return err
	}
	if waits := m.State == chat.Queued || m.State == chat.Uncertain; waits && n == 0 {
		return ErrSettled // a lane, or a status, was faster
	}
	if err := advance(ctx, tx, m.Org, m.Channel, m.Contact); err != nil {
		return err
	}
	tx.AfterCommit(func() { o.wake(m.Channel) })
	if m.Body.Secret {
		if err := vault.DestroyFleeting(ctx, tx, m.Org, m.ID); err != nil {
			return err
		}
	}
	if err := o.Notices.Failed(ctx, tx, m.Org, m.Contact, m.ID); err != nil {
		return err
	}
	return o.Threads.Progress(ctx, tx, m.Org, chat.Progress{Message: m.ID, State: chat.Cancelled, Forced: true, ErrorCode: m.ErrorCode})
}

// settled reads a message that no lane is sending at the moment.
func (o *Outbox) settled(ctx context.Context, tx store.Tx, orgID id.Org, message id.Message) (chat.Message, error) {
	found, err := o.Threads.Find(ctx, tx, orgID, []id.Message{message})
	if err != nil {
		return chat.Message{}, err
	}
	m, ok := found[message]
	if !ok {
		return m, ErrNotFound
	}
	switch m.State {
	case chat.Failed, chat.Uncertain, chat.Queued, chat.Cancelled:
		return m, nil
	default:
		return m, ErrSettled
	}
}

// Light is what the traffic light over the composer shows: what may be sent
// to this person on this number now, and why.
func (o *Outbox) Light(ctx context.Context, r store.Reader, orgID id.Org, contact id.Person, channel id.Channel) (gate.Strip, error) {
	f := &facts{o: o, r: r, now: o.Now(), orgID: orgID, channelID: channel}
	var person *chat.Known
	err := store.Together(ctx, r, f.company,
		func(ctx context.Context) error { return f.about(ctx, chat.Asked{Person: contact}) },
		func(ctx context.Context) error {
			people, err := o.People.GetMany(ctx, r, orgID, []id.Person{contact})
			person = people[contact]
			return err
		})
	if err != nil {
		return gate.Strip{}, err
	}
	if person == nil {
		return gate.Strip{}, ErrNotFound
	}
	in, err := f.input(ctx, person, Request{Occasion: gate.Reply, Category: gate.Service}, nil)
	if err != nil {
		return gate.Strip{}, err
	}
	return gate.Light(in), nil
}

// Retention of verdicts: the proof of what was sent is kept as long as the
// evidence log; the rows here go with the person.

// keysKept is how long a request is known again by its key: a caller that
// repeats itself does so within minutes, or after a weekend's outage.
const keysKept = 48 * time.Hour

// Expire deletes the idempotency keys of old requests.
func (o *Outbox) expireKeys(ctx context.Context, tx store.Tx, orgID id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM idempotency WHERE org_id = ? AND at < ?", orgID, store.Micros(now.Add(-keysKept)))
	return err
}

// Merge moves the queue of a person to the person she turned out to be.
func (o *Outbox) Merge(ctx context.Context, tx store.Tx, orgID id.Org, from, into id.Person) error {
	var errs error
	for _, sql := range []string{
		"UPDATE outbox SET contact_id = ? WHERE org_id = ? AND contact_id = ?",
		"UPDATE verdict SET contact_id = ? WHERE org_id = ? AND contact_id = ?",
	} {
		_, err := tx.Exec(ctx, sql, into, orgID, from)
		errs = errors.Join(errs, err)
	}
	return errs
}
