package optin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// What a person chooses in WhatsApp about a company's advertising comes in
// three words (Cloud API: user_preferences). "stop" withdraws her consent;
// "resume" takes that one stop back, so that what stood before it stands
// again; "signup" is no consent to us: it cannot occur in the EEA.

// The kinds of event that are written down and change no consent.
const (
	resumed = "resumed"
	signup  = "signup"
)

// suspended reports whether a consent is withdrawn by a stop at Meta alone.
func (s State) suspended() bool {
	return s.State == gate.ConsentWithdrawn && (s.Source == FromMeta || s.Source == FromMetaError)
}

// ends reports whether a withdrawal at a moment takes something away: a
// consent that holds, one whose proof is still missing, or one that could come
// back by a resume at Meta.
func (s State) ends(at time.Time) bool {
	return s.State == gate.ConsentGranted && !s.since(at) || s.State == gate.ConsentPending || s.suspended()
}

// since reports whether a consent was given after a moment.
func (s State) since(at time.Time) bool {
	return s.State == gate.ConsentGranted && s.Granted.After(at.Add(slack))
}

// MetaStopped records that a person stopped advertising in WhatsApp. Her
// consent keeps its end, for the case that she resumes.
func (d *Consents) MetaStopped(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) error {
	states, err := d.States(ctx, tx, org, p.ID)
	if err != nil {
		return err
	}
	e.Purpose = Marketing
	for _, s := range states {
		if s.Purpose == Marketing {
			e.Expires = s.Expires
		}
	}
	if e.At.IsZero() {
		e.At = d.now()
	}
	if _, err := d.Withdraw(ctx, tx, org, p, e); err != nil {
		return err
	}
	var later int64 // a resume may be heard of before its stop
	err = tx.QueryRow(ctx, "SELECT COALESCE(MAX(at), 0) FROM consent_event WHERE org_id = ? AND contact_id = ? AND purpose = ? AND kind = ? AND at > ?",
		org, p.ID, Marketing, resumed, store.Micros(e.At)).Scan(&later)
	if err != nil || later == 0 {
		return err
	}
	e.At = store.Time(later)
	return d.restore(ctx, tx, org, p, e)
}

// MetaResumed records that a person takes her stop in WhatsApp back, and
// restores what stood before it. It never makes a consent.
func (d *Consents) MetaResumed(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) error {
	e.Purpose, e.Kind = Marketing, resumed
	if e.At.IsZero() {
		e.At = d.now()
	}
	if err := d.note(ctx, tx, org, p, e); err != nil {
		return err
	}
	return d.restore(ctx, tx, org, p, e)
}

// MetaSignup records that a person signed up for advertising in WhatsApp. No
// consent follows.
func (d *Consents) MetaSignup(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) error {
	e.Purpose, e.Kind = Marketing, signup
	if e.At.IsZero() {
		e.At = d.now()
	}
	return d.note(ctx, tx, org, p, e)
}

// note writes an event down that changes no consent.
func (d *Consents) note(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) error {
	if p.Erased || p.Keys == nil {
		return ErrErased
	}
	if err := d.write(ctx, tx, org, p, &e); err != nil {
		return err
	}
	return d.proveEvent(ctx, tx, org, e)
}

// restore lets a consent stand again that a stop at Meta alone withdrew, with
// its text, its beginning and its end.
func (d *Consents) restore(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) error {
	if f := p.InForce(); f.OptedOut || f.Objected || f.Minor {
		return nil
	}
	var said, ends int64
	var source Source
	err := tx.QueryRow(ctx, `SELECT c.said_at, c.expires_at, ev.source FROM consent c JOIN consent_event ev ON ev.org_id = c.org_id AND ev.id = c.event_id
		WHERE c.org_id = ? AND c.contact_id = ? AND c.medium = ? AND c.purpose = ? AND c.state = ?`, org, p.ID, Medium, Marketing, withdrawn).Scan(&said, &ends, &source)
	if errors.Is(err, store.ErrNoRows) || err == nil && (source != FromMeta && source != FromMetaError || store.Micros(e.At) < said) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a stop at Meta: %w", err)
	}
	before, err := d.beforeMeta(ctx, tx, org, p)
	if err != nil || before.Kind != granted {
		return err
	}
	r := Event{Purpose: Marketing, Kind: granted, Source: e.Source, Text: before.Text, At: e.At, Given: before.At, Expires: store.Time(ends), Detail: before.Detail}
	r.Detail.Note = e.Detail.Note
	_, err = d.add(ctx, tx, org, p, r)
	return err
}

// beforeMeta is the last thing that was said about advertising other than at
// Meta; the zero Event if nothing was.
func (d *Consents) beforeMeta(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) (Event, error) {
	all, err := d.History(ctx, r, org, p)
	if err != nil {
		return Event{}, err
	}
	var last Event
	for _, e := range all { // the newest first
		if e.Purpose != Marketing || e.Kind == pending || e.Source == FromMeta || e.Source == FromMetaError {
			continue
		}
		if last.ID.IsZero() || e.At.After(last.At) {
			last = e
		}
	}
	return last, nil
}
