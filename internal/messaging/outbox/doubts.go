package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Doubt is a message whose call may or may not have arrived.
type Doubt struct {
	Message id.Message
	Contact id.Person
	Channel id.Channel
	Since   time.Time
}

// Doubts lists messages that are uncertain, the oldest first.
func (*Outbox) Doubts(ctx context.Context, r store.Reader, orgID id.Org, most int) ([]Doubt, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (d Doubt, err error) {
		var since int64
		err = row.Scan(&d.Message, &d.Contact, &d.Channel, &since)
		d.Since = store.Time(since)
		return d, err
	}, "SELECT id, contact_id, channel_id, changed_at FROM outbox WHERE org_id = ? AND state = 'uncertain' ORDER BY id LIMIT ?", orgID, int64(most))
	if err != nil {
		return nil, fmt.Errorf("list what is uncertain: %w", err)
	}
	return all, nil
}

// Uncertain counts the messages that are uncertain, by number.
func (*Outbox) Uncertain(ctx context.Context, r store.Reader, orgID id.Org) (map[id.Channel]int64, error) {
	type count struct {
		channel id.Channel
		n       int64
	}
	all, err := store.Collect(ctx, r, func(row store.Row) (c count, err error) { return c, row.Scan(&c.channel, &c.n) },
		"SELECT channel_id, COUNT(*) FROM outbox WHERE org_id = ? AND state = 'uncertain' GROUP BY channel_id", orgID)
	if err != nil {
		return nil, fmt.Errorf("count what is uncertain: %w", err)
	}
	counts := map[id.Channel]int64{}
	for _, c := range all {
		counts[c.channel] = c.n
	}
	return counts, nil
}

// Choice is what a person decides about an uncertain message.
type Choice string

// The choices: she knows that it arrived, it is to be sent once more, or nobody
// needs it any more.
const (
	ChoiceSent   Choice = "sent"
	ChoiceAgain  Choice = "again"
	ChoiceGiveUp Choice = "give_up"
)

// Decided is what became of a decision about several messages.
type Decided struct {
	Done    []id.Message
	Late    int                 // a status, or somebody else, was faster
	Secret  int                 // held a code or a link, which is gone: it cannot be sent again
	Refused map[gate.Reason]int // what the gate did not let out again
}

// Decide does what a person decided about uncertain messages. What is sent again
// goes through the gate anew.
func (o *Outbox) Decide(ctx context.Context, tx store.Tx, orgID id.Org, choice Choice, by id.Account, messages ...id.Message) (Decided, error) {
	d := Decided{Refused: map[gate.Reason]int{}}
	for _, m := range messages {
		refused, err := o.decide(ctx, tx, orgID, choice, by, m)
		switch {
		case errors.Is(err, ErrSettled), errors.Is(err, ErrNotFound):
			d.Late++
		case errors.Is(err, ErrSecret):
			d.Secret++
		case err != nil:
			return d, err
		case refused != "":
			d.Refused[refused]++
		default:
			d.Done = append(d.Done, m)
		}
	}
	return d, nil
}

func (o *Outbox) decide(ctx context.Context, tx store.Tx, orgID id.Org, choice Choice, by id.Account, message id.Message) (gate.Reason, error) {
	m, err := o.settled(ctx, tx, orgID, message)
	if err != nil {
		return "", err
	}
	if m.State != chat.Uncertain {
		return "", ErrSettled
	}
	switch choice {
	case ChoiceAgain:
		q, err := o.Again(ctx, tx, orgID, message, by)
		if err == nil && q.Message.IsZero() {
			return q.Verdict.Reason, nil
		}
		return "", err
	case ChoiceSent:
		return "", o.believe(ctx, tx, m)
	default:
		return "", o.dismiss(ctx, tx, m)
	}
}

// believe notes that an uncertain message was sent, because a person knows so.
func (o *Outbox) believe(ctx context.Context, tx store.Tx, m chat.Message) error {
	if err := o.leave(ctx, tx, m.Org, m.Channel, leaving{m.ID, m.Contact}); err != nil {
		return err
	}
	if err := vault.DestroyFleeting(ctx, tx, m.Org, m.ID); err != nil {
		return err
	}
	if err := o.Notices.Sent(ctx, tx, m.Org, chat.Carried{Contact: m.Contact, Message: m.ID}); err != nil {
		return err
	}
	return o.Threads.Progress(ctx, tx, m.Org, chat.Progress{Message: m.ID, State: chat.Accepted, Forced: true})
}

// Silent reports whether nobody answers at WhatsApp, as the lane of a number here
// sees it: nothing is sent then but a question every few seconds.
func (o *Outbox) Silent(channel id.Channel) bool {
	o.mu.Lock()
	l := o.lanes[channel]
	o.mu.Unlock()
	return l != nil && l.pace.broken()
}
