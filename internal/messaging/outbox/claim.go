package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/template"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
	"einklang/internal/rule/pii"
)

// uncertainHolds is for how long an uncertain message keeps later ones to the
// same person back, so that their order is kept if a status resolves it.
const uncertainHolds = 30 * time.Second

// waiting is a row of the queue.
type waiting struct {
	pii.Personal
	id       id.Message
	contact  id.Person
	priority int64
	request  Request
	attempts int64
	mark     int64             // how often it was marked as sending
	secret   []byte            // sealed; nil: there is none, or it is gone
	until    int64             // when the secret is over; 0: the message has none
	said     *cloudapi.Content // the secret, opened; nil: there is none
}

func scanWaiting(row store.Row) (waiting, error) {
	var w waiting
	var request string
	if err := row.Scan(&w.id, &w.contact, &w.priority, &request, &w.attempts, &w.mark, &w.secret, &w.until); err != nil {
		return w, err
	}
	return w, json.Unmarshal([]byte(request), &w.request)
}

// call is one message that the gate has allowed and that is marked as sending;
// its mark is that of this very call.
type call struct {
	pii.Personal
	waiting
	channel  org.Channel
	token    string
	message  chat.Message
	outgoing cloudapi.Outgoing
	known    identity.Identity // of the recipient, when it was sent
	cost     int64
	marked   time.Time // at the earliest
}

// claim takes up to most messages: it asks the gate again and marks what may
// go as sending, in one transaction. The error errOvertaken means that the lane
// is another node's.
func (l *lane) claim(ctx context.Context, most int) (calls []call, more bool, err error) {
	began := time.Now()
	err = l.o.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		calls, more = nil, false
		f, err := l.o.facts(ctx, tx, l.org, l.channel)
		if err != nil {
			return err
		}
		if err := l.due(ctx, tx, f.now); err != nil {
			return err
		}
		if l.doubt {
			if err := l.unsaid(ctx, tx); err != nil {
				return err
			}
		}
		if !f.channel.Active {
			return nil // nothing is lost: the messages wait until the number works again
		}
		if held, err := l.o.Held(ctx, tx, l.org); err != nil || held {
			return err
		}
		below := int64(3)
		if f.now.Before(f.channel.CampaignsAfter) {
			below = 2
		}
		var rows []waiting
		rows, more, err = l.ahead(ctx, tx, f.now, below, most)
		if err != nil || len(rows) == 0 {
			return err
		}
		if calls, err = l.judge(ctx, tx, f, rows); err != nil {
			return err
		}
		return l.mark(ctx, tx, f.now, calls)
	})
	if err != nil {
		return nil, false, fmt.Errorf("take messages to send: %w", err)
	}
	for i := range calls {
		calls[i].marked = began
	}
	return calls, more, nil
}

// mark marks messages as sending, in the transaction in which the lane is still
// ours and the messages still wait.
func (l *lane) mark(ctx context.Context, tx store.Tx, now time.Time, calls []call) error {
	ours, err := l.owned(ctx, tx)
	if err != nil {
		return err
	}
	if !ours {
		return errOvertaken
	}
	marks, news := make([][]any, len(calls)), make([]chat.Progress, len(calls))
	for i := range calls {
		c := &calls[i]
		marks[i] = []any{l.o.Node, store.Micros(now), l.org, l.channel, c.id, c.mark}
		news[i] = chat.Progress{Message: c.id, State: chat.Sending, Cost: c.cost}
		c.mark++
	}
	touched, err := tx.UpdateCounted(ctx, store.Update{Table: "outbox", Set: "state = 'sending', node = ?, attempts = attempts + 1, mark = mark + 1, changed_at = ?",
		Where: "org_id = ? AND channel_id = ? AND id = ? AND state = 'queued' AND mark = ?"}, marks)
	if err != nil {
		return err
	}
	if slices.Contains(touched, 0) {
		return fmt.Errorf("%w: a message was taken out of the queue", store.ErrRaced)
	}
	if len(news) == 0 {
		return nil
	}
	return l.o.Threads.Progress(ctx, tx, l.org, news...)
}

// due brings back what was deferred until now.
func (l *lane) due(ctx context.Context, tx store.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE outbox SET state = 'queued' WHERE org_id = ? AND channel_id = ? AND state = 'deferred' AND not_before <= ?",
		l.org, l.channel, store.Micros(now))
	if err != nil {
		return err
	}
	return l.passed(ctx, tx, now)
}

// judge asks the gate about each message, right before the call.
func (l *lane) judge(ctx context.Context, tx store.Tx, f *facts, rows []waiting) ([]call, error) {
	o := l.o
	ids, contacts := make([]id.Message, len(rows)), make([]id.Person, len(rows))
	for i, w := range rows {
		ids[i], contacts[i] = w.id, w.contact
	}
	messages, err := o.Threads.Find(ctx, tx, l.org, ids)
	if err != nil {
		return nil, err
	}
	people, err := o.People.GetMany(ctx, tx, l.org, contacts)
	if err != nil {
		return nil, err
	}
	var asked []chat.Asked
	for _, w := range rows {
		if p := people[w.contact]; p != nil {
			asked = append(asked, chat.Asked{Person: p.ID, Own: w.request.Purpose})
		}
	}
	if err := f.about(ctx, asked...); err != nil {
		return nil, err
	}
	token, err := o.Registry.Token(ctx, tx, f.channel)
	if err != nil {
		return nil, err
	}
	var calls []call
	var verdicts []judgement
	var served int64
	for _, w := range rows {
		leaves, err := o.reveal(ctx, tx, l.org, &w, f.now)
		if err != nil {
			return nil, err
		}
		c := call{waiting: w, channel: f.channel, token: token, message: messages[w.id]}
		person := people[w.contact]
		if !leaves {
			if err := l.giveUp(ctx, tx, w, chat.Progress{Message: w.id, State: chat.Cancelled, Forced: true, Reason: reasonSecretOver}); err != nil {
				return nil, err
			}
			continue
		}
		verdict, cost, err := l.ask(ctx, f, person, &c)
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, judgement{w.id, w.contact, verdict, "call", w.request.AskedBy})
		switch verdict.Outcome {
		case gate.Allow:
			if c.outgoing, err = l.outgoing(ctx, tx, person, w, c.message); err != nil {
				return nil, err
			}
			c.known = person.Profile.Identity
			f.spent += cost
			if c.cost = cost; cost > 0 {
				if err := o.Registry.Spend(ctx, tx, l.org, f.now, cost); err != nil {
					return nil, err
				}
			}
			if c.message.Body.Content.Template == nil {
				f.served++
				served++
			}
			calls = append(calls, c)
		case gate.Defer:
			if err := l.postpone(ctx, tx, w, verdict.NotBefore, w.attempts); err != nil {
				return nil, err
			}
		default:
			if err := l.giveUp(ctx, tx, w, chat.Progress{Message: w.id, State: chat.Cancelled, Forced: true, Reason: string(verdict.Reason)}); err != nil {
				return nil, err
			}
		}
	}
	if served > 0 {
		if err := o.Registry.Serve(ctx, tx, l.org, l.channel, f.now, served); err != nil {
			return nil, err
		}
	}
	return calls, o.recordAll(ctx, tx, l.org, verdicts)
}

// ask asks the gate about one message. A duty that has become due since the
// message was queued (a new notice version) does not stop it: the notice goes
// with the next reply.
func (l *lane) ask(ctx context.Context, f *facts, person *chat.Known, c *call) (gate.Verdict, int64, error) {
	if person == nil || c.message.Body.Content.Type == "" {
		person = &chat.Known{Person: chat.Person{ID: c.contact, Erased: true}}
	}
	in, err := f.input(ctx, person, c.request, &c.message.Body.Content)
	var missing *template.MissingError
	if errors.As(err, &missing) {
		// The template changed at Meta after the message was queued.
		in.Template, err = gate.Template{}, nil
	}
	if err != nil {
		return gate.Verdict{}, 0, err
	}
	if in.Asked.Errand == gate.ErrandOptOutConfirmation {
		in.Recipient.OptOutConfirmed = false // this message is the one that is noted
	}
	return gate.Decide(in), f.price(in), nil
}

// outgoing addresses the message.
func (l *lane) outgoing(ctx context.Context, tx store.Tx, p *chat.Known, w waiting, m chat.Message) (cloudapi.Outgoing, error) {
	content := m.Body.Content
	if w.said != nil {
		content = *w.said
	}
	out := cloudapi.Outgoing{To: p.Profile.Address(), Content: content, OpaqueCallbackData: m.ID.String()}
	if out.To == "" {
		out.Recipient = p.Profile.BSUID
	}
	if !m.ReplyTo.IsZero() {
		answered, err := l.o.Threads.Find(ctx, tx, l.org, []id.Message{m.ReplyTo})
		if err != nil {
			return out, err
		}
		out.ContextMessageID = answered[m.ReplyTo].WAMID
	}
	return out, nil
}

// postpone puts a message back until a moment.
func (l *lane) postpone(ctx context.Context, tx store.Tx, w waiting, until time.Time, attempts int64) error {
	now := l.o.Now()
	n, err := tx.Exec(ctx, "UPDATE outbox SET state = 'deferred', node = '', attempts = ?, turn = ?, not_before = ?, changed_at = ? WHERE org_id = ? AND channel_id = ? AND id = ?",
		attempts, min(attempts, turnAgain), store.Micros(until), store.Micros(now), l.org, l.channel, w.id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: a message was taken out of the queue", store.ErrRaced)
	}
	if until.After(now.Add(holdsBack)) {
		if err := advance(ctx, tx, l.org, l.channel, w.contact); err != nil {
			return err
		}
	}
	return l.o.Threads.Progress(ctx, tx, l.org, chat.Progress{Message: w.id, State: chat.Queued, Forced: true})
}

// giveUp takes a message out of the queue for good.
func (l *lane) giveUp(ctx context.Context, tx store.Tx, w waiting, news chat.Progress) error {
	if err := l.o.leave(ctx, tx, l.org, l.channel, leaving{w.id, w.contact}); err != nil {
		return err
	}
	if err := w.destroySecret(ctx, tx, l.org); err != nil {
		return err
	}
	if err := l.o.Notices.Failed(ctx, tx, l.org, w.contact, w.id); err != nil {
		return err
	}
	return l.o.Threads.Progress(ctx, tx, l.org, news)
}

// leaving is a message that leaves the queue, and whose it is.
type leaving struct {
	id      id.Message
	contact id.Person
}

// leave removes messages' rows from the queue of a number, and lets those step
// forward that waited behind them.
func (o *Outbox) leave(ctx context.Context, tx store.Tx, orgID id.Org, channel id.Channel, messages ...leaving) error {
	rows, people := make([][]any, len(messages)), make([]id.Person, len(messages))
	for i, m := range messages {
		rows[i], people[i] = []any{orgID, channel, m.id}, m.contact
	}
	err := tx.DeleteMany(ctx, store.Delete{From: "outbox", Where: "org_id = ? AND channel_id = ? AND id = ?"}, rows)
	if err == nil {
		err = advance(ctx, tx, orgID, channel, people...)
	}
	if err == nil {
		tx.AfterCommit(func() { o.wake(channel) })
	}
	return err
}
