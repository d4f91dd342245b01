package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"einklang/internal/chat"
	"einklang/internal/cloudapi"
	"einklang/internal/id"
	"einklang/internal/store"
)

const (
	triesSoon   = 8 // for a fault that should pass
	longestWait = 10 * time.Minute
	pairPause   = 6 * time.Second // Cloud API: about one message every 6 s to one user
	spamPause   = time.Hour
)

// call sends one message and stores what came of it.
func (l *lane) call(ctx context.Context, c call) {
	// A call under way is finished also when the process is asked to stop.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	result, err := l.send(ctx, &c)
	l.store(ctx, c, result, err)
}

func (l *lane) send(ctx context.Context, c *call) (cloudapi.SendResult, error) {
	if file := c.message.Body.Media; !file.IsZero() {
		theirs, err := l.o.Files.Upload(ctx, c.channel, file)
		if err != nil {
			return cloudapi.SendResult{}, &uploadError{err}
		}
		withMedia(&c.outgoing.Content, theirs)
	}
	return l.o.Client.Number(c.channel.PhoneNumberID, c.token).Send(ctx, c.outgoing)
}

// uploadError is a failed upload: the message itself was not sent.
type uploadError struct{ err error }

func (e *uploadError) Error() string { return "bring the file to Meta: " + e.err.Error() }
func (e *uploadError) Unwrap() error { return e.err }

func withMedia(c *cloudapi.Content, theirs string) {
	if m := c.Media(); m != nil {
		// Only the id goes over the wire; the rest is for our own display.
		m.ID, m.MimeType, m.SHA256 = theirs, "", ""
	}
}

// store stores the outcome, again while the database is away: nothing else
// knows it.
func (l *lane) store(ctx context.Context, c call, result cloudapi.SendResult, sendErr error) {
	ctx = context.WithoutCancel(ctx)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := l.o.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return l.settle(ctx, tx, c, result, sendErr) })
		if err == nil || errors.Is(err, store.ErrClosed) {
			return
		}
		l.o.Log.Error("the outcome of a call cannot be stored; trying again", "message", c.id.String(), "error", err)
		time.Sleep(wait)
	}
}

// settle stores what came of a call.
func (l *lane) settle(ctx context.Context, tx store.Tx, c call, result cloudapi.SendResult, err error) error {
	switch l.certainty(err) {
	case cloudapi.CertaintyAccepted:
		return l.accepted(ctx, tx, c, result)
	case cloudapi.CertaintyNotSent:
		return l.refused(ctx, tx, c, err)
	default:
		l.o.Log.Warn("the connection broke after the call had left: uncertain until a status arrives", "message", c.id.String(), "error", err)
		if resolved, err := l.resolvedMeanwhile(ctx, tx, c.id); err != nil || resolved {
			return err
		}
		return l.o.uncertain(ctx, tx, l.org, l.channel, c.id)
	}
}

func (l *lane) certainty(err error) cloudapi.Certainty {
	var upload *uploadError
	if errors.As(err, &upload) {
		return cloudapi.CertaintyNotSent
	}
	return cloudapi.SendCertainty(err)
}

// resolvedMeanwhile reports whether a status webhook was faster than us, or
// whether we have stored this outcome already without learning of it.
func (l *lane) resolvedMeanwhile(ctx context.Context, tx store.Tx, message id.ID) (bool, error) {
	var waiting bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM outbox WHERE org_id = ? AND channel_id = ? AND id = ? AND state IN ('sending', 'uncertain'))", l.org, l.channel, message).Scan(&waiting)
	return !waiting, err
}

func (l *lane) accepted(ctx context.Context, tx store.Tx, c call, result cloudapi.SendResult) error {
	if err := l.o.leave(ctx, tx, l.org, l.channel, c.id); err != nil {
		return err
	}
	if err := l.o.Notices.Sent(ctx, tx, l.org, c.contact, c.id); err != nil {
		return err
	}
	return l.o.Threads.Progress(ctx, tx, l.org, chat.Progress{Message: c.id, State: chat.Accepted, WAMID: result.MessageID})
}

// refused decides what follows when Meta definitely did not take the message.
func (l *lane) refused(ctx context.Context, tx store.Tx, c call, err error) error {
	if resolved, rerr := l.resolvedMeanwhile(ctx, tx, c.id); rerr != nil || resolved {
		return rerr
	}
	if c.cost > 0 {
		if err := l.o.Registry.Spend(ctx, tx, l.org, l.o.Now(), -c.cost); err != nil {
			return err
		}
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
		l.slow()
	}
	tries := c.attempts + 1
	switch what.Retry {
	case cloudapi.RetryWhenResumed:
		return l.postpone(ctx, tx, c.id, now, c.attempts)
	case cloudapi.RetrySoon:
		if code != 0 && class == cloudapi.ClassTemporary && tries >= triesSoon {
			return l.failed(ctx, tx, c, code)
		}
		return l.postpone(ctx, tx, c.id, now.Add(backoff(time.Second, tries)), tries)
	case cloudapi.RetryLater:
		return l.postpone(ctx, tx, c.id, now.Add(backoff(time.Minute, tries)), tries)
	case cloudapi.RetryForThisRecipient:
		return l.postpone(ctx, tx, c.id, now.Add(backoff(pairPause, tries)), tries)
	case cloudapi.RetryAfter72h:
		return l.postpone(ctx, tx, c.id, now.Add(72*time.Hour), tries)
	default:
		return errors.Join(l.learn(ctx, tx, c, code, class), l.failed(ctx, tx, c, code))
	}
}

// learn stores what a refusal tells beyond this one message.
func (l *lane) learn(ctx context.Context, tx store.Tx, c call, code int, class cloudapi.Class) error {
	if class == cloudapi.ClassUserStoppedMarketing {
		return l.o.Consents.StoppedMarketing(ctx, tx, l.org, c.contact, "meta_error_131050")
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

// backoff doubles with each try and varies by a quarter, so that messages
// which failed together do not come back together.
func backoff(first time.Duration, tries int64) time.Duration {
	wait := longestWait
	if tries < 20 {
		wait = min(first<<(tries-1), longestWait)
	}
	return wait - time.Duration(rand.Int64N(int64(wait)/4+1)) //nolint:gosec // no secret
}

// Resolved is told by the intake, in its transaction, which messages a status
// webhook has confirmed or failed: they leave the queue.
func (o *Outbox) Resolved(ctx context.Context, tx store.Tx, orgID id.ID, messages []chat.Message) error {
	for _, m := range messages {
		if err := o.leave(ctx, tx, orgID, m.Channel, m.ID); err != nil {
			return fmt.Errorf("take a confirmed message out of the queue: %w", err)
		}
		tell := o.Notices.Sent
		if m.State == chat.Failed {
			tell = o.Notices.Failed
		}
		if err := tell(ctx, tx, orgID, m.Contact, m.ID); err != nil {
			return err
		}
		if m.State == chat.Failed && m.Cost > 0 {
			if err := o.Registry.Spend(ctx, tx, orgID, o.Now(), -m.Cost); err != nil {
				return err
			}
		}
	}
	return nil
}
