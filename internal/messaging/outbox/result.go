package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/backoff"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const (
	triesSoon = 8 // for a fault that should pass
	spamPause = time.Hour
)

// The pauses before a message is tried again.
var (
	soon  = backoff.Pause{First: time.Second, Most: 10 * time.Minute}
	away  = backoff.Pause{First: 50 * time.Millisecond, Most: 5 * time.Second} // for the database itself
	later = backoff.Pause{First: time.Minute, Most: 10 * time.Minute}
	// Cloud API: about one message every 6 s to one user, also when a quarter
	// of the pause is taken off.
	pair = backoff.Pause{First: 8 * time.Second, Most: 10 * time.Minute}
)

// outcome is what came of a call.
type outcome struct {
	pii.Personal
	call
	result cloudapi.SendResult
	err    error
}

// call sends one message.
func (l *lane) call(ctx context.Context, c call) outcome {
	// A call under way is finished also when the process is asked to stop.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	result, err := l.send(ctx, &c)
	if l.pace.came(err, l.channel.String()) {
		l.o.Log.Error("WhatsApp does not answer; nothing more is sent until it does", "channel", l.channel.String(), "error", err)
	}
	return outcome{call: c, result: result, err: err}
}

// settler stores outcomes, all that wait in one transaction, until there will
// be no more.
//
//nolint:contextcheck // what is under way is stored, also at the end
func (l *lane) settler() {
	for first := range l.outcomes {
		batch := []outcome{first}
	gather:
		for len(batch) < inFlight {
			select {
			case next, open := <-l.outcomes:
				if !open {
					break gather
				}
				batch = append(batch, next)
			default:
				break gather
			}
		}
		l.store(batch)
		for _, o := range batch {
			l.freed <- o.id
		}
	}
}

func (l *lane) send(ctx context.Context, c *call) (cloudapi.SendResult, error) {
	late := time.Since(c.marked) > leaseRenew
	if file := c.message.Body.Media; !file.IsZero() {
		theirs, err := l.o.Files.Upload(ctx, c.channel, file)
		if err != nil {
			return cloudapi.SendResult{}, &unsentError{fmt.Errorf("bring the file to Meta: %w", err)}
		}
		c.outgoing.Content = c.outgoing.Content.WithFile(theirs)
		late = true // an upload takes its time
	}
	if late {
		if err := l.stillOurs(ctx, c); err != nil {
			return cloudapi.SendResult{}, &unsentError{err}
		}
	}
	return l.o.Client.Number(c.channel.PhoneNumberID, c.token).Send(ctx, c.outgoing)
}

// stillOurs asks, before a call that comes late, whether the message is still
// marked for it. If another node has taken the lane over meanwhile, the message
// is uncertain by now, and somebody may have sent it again.
func (l *lane) stillOurs(ctx context.Context, c *call) error {
	var ours bool
	err := l.o.DB.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM outbox WHERE org_id = ? AND channel_id = ? AND id = ? AND state = 'sending' AND mark = ?)",
		l.org, l.channel, c.id, c.mark).Scan(&ours)
	if err == nil && !ours {
		err = errOvertaken
	}
	return err
}

// unsentError says that the message itself was not sent.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// store stores outcomes, again while the database is away: nothing else knows
// them. Those that do not get in together are stored one by one.
func (l *lane) store(batch []outcome) {
	for failures := int64(1); ; failures++ {
		err := l.o.DB.Write(context.Background(), func(ctx context.Context, tx store.Tx) error { return l.settle(ctx, tx, batch) })
		if err == nil {
			l.learnNames(batch)
			return
		}
		if errors.Is(err, store.ErrClosed) {
			return
		}
		if len(batch) > 1 {
			for _, one := range batch {
				l.store([]outcome{one})
			}
			return
		}
		l.o.Log.Error("the outcome of a call cannot be stored; trying again", "message", batch[0].id.String(), "error", err)
		time.Sleep(away.After(failures, batch[0].id.String()))
	}
}

// settle stores what came of calls.
func (l *lane) settle(ctx context.Context, tx store.Tx, batch []outcome) error {
	var taken []outcome
	for _, one := range batch {
		var err error
		switch l.certainty(one.err) {
		case cloudapi.CertaintyAccepted:
			taken = append(taken, one)
		case cloudapi.CertaintyNotSent:
			err = l.refused(ctx, tx, one.call, one.err)
		default:
			err = l.broken(ctx, tx, one)
		}
		if err != nil {
			return err
		}
	}
	return l.accepted(ctx, tx, taken)
}

// broken notes that nobody knows whether Meta took a message.
func (l *lane) broken(ctx context.Context, tx store.Tx, one outcome) error {
	l.o.Log.Warn("the connection broke after the call had left: uncertain until a status arrives", "message", one.id.String(), "error", one.err)
	if resolved, err := l.resolvedMeanwhile(ctx, tx, one.call); err != nil || resolved {
		return err
	}
	return l.o.uncertain(ctx, tx, l.org, l.channel, one.id)
}

func (l *lane) certainty(err error) cloudapi.Certainty {
	var unsent *unsentError
	if errors.As(err, &unsent) {
		return cloudapi.CertaintyNotSent
	}
	return cloudapi.SendCertainty(err)
}

// resolvedMeanwhile reports whether a status webhook was faster than us, or
// whether we have stored this outcome already without learning of it: then the
// message is gone from the queue, or marked for another call.
func (l *lane) resolvedMeanwhile(ctx context.Context, tx store.Tx, c call) (bool, error) {
	var waiting bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM outbox WHERE org_id = ? AND channel_id = ? AND id = ? AND mark = ? AND state IN ('sending', 'uncertain'))", l.org, l.channel, c.id, c.mark).Scan(&waiting)
	return !waiting, err
}

func (l *lane) accepted(ctx context.Context, tx store.Tx, taken []outcome) error {
	if len(taken) == 0 {
		return nil
	}
	ids, carried, news := make([]leaving, len(taken)), make([]chat.Carried, len(taken)), make([]chat.Progress, len(taken))
	for i, one := range taken {
		if err := one.destroySecret(ctx, tx, l.org); err != nil {
			return err
		}
		ids[i], carried[i] = leaving{one.id, one.contact}, chat.Carried{Contact: one.contact, Message: one.id}
		news[i] = chat.Progress{Message: one.id, State: chat.Accepted, WAMID: one.result.MessageID}
	}
	if err := l.o.leave(ctx, tx, l.org, l.channel, ids...); err != nil {
		return err
	}
	if err := l.o.Notices.Sent(ctx, tx, l.org, carried...); err != nil {
		return err
	}
	return l.o.Threads.Progress(ctx, tx, l.org, news...)
}

// learnNames learns how Meta names the recipients, where that is new (Cloud API:
// the answer's contacts[0]): a STOP may come under that name alone. The outcomes
// are stored before: what cannot be learned now, a status tells again.
func (l *lane) learnNames(batch []outcome) {
	for _, one := range batch {
		answer, known := one.result, one.known
		if one.err != nil || (answer.WaID == "" || answer.WaID == known.Address()) && (answer.UserID == "" || answer.UserID == known.BSUID) {
			continue
		}
		err := l.o.DB.Write(context.Background(), func(ctx context.Context, tx store.Tx) error {
			return l.o.People.Learn(ctx, tx, l.org, one.contact, contact.Sighting{Phone: answer.WaID, FromMeta: true, BSUID: answer.UserID, At: l.o.Now()})
		})
		if err != nil {
			l.o.Log.Warn("what Meta's answer tells about a recipient is not learned; a status tells it again", "message", one.id.String(), "error", err)
		}
	}
}

// refused decides what follows when Meta definitely did not take the message.
func (l *lane) refused(ctx context.Context, tx store.Tx, c call, err error) error {
	if resolved, rerr := l.resolvedMeanwhile(ctx, tx, c); rerr != nil || resolved {
		return rerr
	}
	if err := l.o.giveBack(ctx, tx, l.org, c.message, c.cost); err != nil {
		return err
	}
	if c.cost > 0 {
		if err := l.o.Threads.Progress(ctx, tx, l.org, chat.Progress{Message: c.id, State: chat.Sending, Cost: -c.cost}); err != nil {
			return err
		}
	}
	code, class := 0, cloudapi.ClassTemporary // no answer at all: Meta could not be reached
	var answer *cloudapi.Error
	var content *cloudapi.ContentError
	switch {
	case errors.As(err, &answer):
		code, class = answer.Code, answer.Class()
	case errors.As(err, &content):
		code, class = 100, cloudapi.ClassParameter
	case cloudapi.Limited(err):
		class = cloudapi.ClassRateLimit
	}
	l.o.Log.Info("a message was not taken", "message", c.id.String(), "code", code, "class", class.String())
	return l.consequence(ctx, tx, c, code, class)
}

func (l *lane) consequence(ctx context.Context, tx store.Tx, c call, code int, class cloudapi.Class) error {
	now := l.o.Now()
	what := class.Consequence()
	if what.StopsLane {
		l.o.Log.Error("a number is out of service until somebody acts", "channel", l.channel.String(), "class", class.String(), "code", code)
		if err := l.o.Registry.Stop(ctx, tx, l.org, l.channel, class.String()); err != nil {
			return err
		}
	}
	if what.PausesCampaigns {
		if err := l.o.Registry.PauseCampaigns(ctx, tx, l.org, l.channel, now.Add(spamPause)); err != nil {
			return err
		}
	}
	if class == cloudapi.ClassRateLimit {
		// It is the lane that rests, not the message that has failed.
		rest := max(l.pace.resting(), time.Second)
		return l.postpone(ctx, tx, c.waiting, now.Add(rest), c.attempts)
	}
	tries := c.attempts + 1
	switch what.Retry {
	case cloudapi.RetryWhenResumed:
		return l.postpone(ctx, tx, c.waiting, now, c.attempts)
	case cloudapi.RetrySoon:
		if code != 0 && class == cloudapi.ClassTemporary && tries >= triesSoon {
			return l.failed(ctx, tx, c, code)
		}
		return l.postpone(ctx, tx, c.waiting, now.Add(soon.After(tries, c.id.String())), tries)
	case cloudapi.RetryLater:
		return l.postpone(ctx, tx, c.waiting, now.Add(later.After(tries, c.id.String())), tries)
	case cloudapi.RetryForThisRecipient:
		return l.postpone(ctx, tx, c.waiting, now.Add(pair.After(tries, c.id.String())), tries)
	case cloudapi.RetryAfter72h:
		return l.postpone(ctx, tx, c.waiting, now.Add(72*time.Hour), tries)
	default:
		return errors.Join(l.learn(ctx, tx, c, code, class), l.failed(ctx, tx, c, code))
	}
}

// learn stores what a refusal tells beyond this one message.
func (l *lane) learn(ctx context.Context, tx store.Tx, c call, code int, class cloudapi.Class) error {
	if class == cloudapi.ClassUserStoppedMarketing {
		return l.o.Consents.StoppedMarketing(ctx, tx, l.org, c.contact)
	}
	if state, changed := cloudapi.TemplateStateAfter(code); changed {
		if t := c.message.Body.Content.Template; t != nil {
			return l.o.Templates.SetState(ctx, tx, l.org, c.channel.WABA, t.Name, t.Language.Code, state)
		}
	}
	return nil
}

func (l *lane) failed(ctx context.Context, tx store.Tx, c call, code int) error {
	return l.giveUp(ctx, tx, c.waiting, chat.Progress{Message: c.id, State: chat.Failed, ErrorCode: code})
}

// Resolved is told by the intake, in its transaction, which messages a status
// webhook has confirmed or failed: they leave the queue.
func (o *Outbox) Resolved(ctx context.Context, tx store.Tx, orgID id.Org, messages []chat.Message) error {
	gone := map[id.Channel][]leaving{} // by channel
	var carried []chat.Carried
	for _, m := range messages {
		gone[m.Channel] = append(gone[m.Channel], leaving{m.ID, m.Contact})
		if m.State != chat.Failed {
			carried = append(carried, chat.Carried{Contact: m.Contact, Message: m.ID})
			continue
		}
		if err := o.Notices.Failed(ctx, tx, orgID, m.Contact, m.ID); err != nil {
			return err
		}
		if err := o.giveBack(ctx, tx, orgID, m, m.Cost); err != nil {
			return err
		}
	}
	for channel, ids := range gone {
		if err := o.leave(ctx, tx, orgID, channel, ids...); err != nil {
			return fmt.Errorf("take confirmed messages out of the queue: %w", err)
		}
	}
	return o.Notices.Sent(ctx, tx, orgID, carried...)
}

// Disproved is told by the intake which messages were delivered after all,
// though a failure had been reported: they cost what had been given back.
func (o *Outbox) Disproved(ctx context.Context, tx store.Tx, orgID id.Org, messages []chat.Message) error {
	for _, m := range messages {
		if m.Cost > 0 {
			if err := o.Registry.Spend(ctx, tx, orgID, o.Now(), m.Cost); err != nil {
				return err
			}
		}
		if m.Type != cloudapi.TypeTemplate {
			if err := o.Registry.Serve(ctx, tx, orgID, m.Channel, o.Now(), 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// giveBack takes back what a message that did not go out was to cost, and its place
// among the free ones of the month.
func (o *Outbox) giveBack(ctx context.Context, tx store.Tx, orgID id.Org, m chat.Message, cost int64) error {
	if cost > 0 {
		if err := o.Registry.Spend(ctx, tx, orgID, o.Now(), -cost); err != nil {
			return err
		}
	}
	if m.ID.IsZero() || m.Type == cloudapi.TypeTemplate {
		return nil
	}
	return o.Registry.Serve(ctx, tx, orgID, m.Channel, o.Now(), -1)
}
