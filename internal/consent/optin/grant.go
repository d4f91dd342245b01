package optin

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Taken is what became of a consent that came in by some door.
type Taken struct {
	Event id.Consent        // zero: it waits
	Claim id.Claim          // what waits for a second pair of eyes; else zero
	State gate.ConsentState // granted, or pending: it waits, or its proof is missing
}

// Waits reports whether a second pair of eyes has to confirm it.
func (t Taken) Waits() bool { return !t.Claim.IsZero() }

// Grant takes in that a person agreed, whatever the door: it holds at once,
// waits for a second pair of eyes, or stays pending because advertising needs
// more proof. She alone takes back her objection and her STOP, with a message.
func (d *Consents) Grant(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) (Taken, error) {
	rule, err := d.admit(ctx, tx, org, p, &e)
	if err != nil {
		return Taken{}, err
	}
	waits, err := d.NeedsSecond(ctx, tx, org, e.Source)
	switch {
	case err != nil:
		return Taken{}, err
	case waits && e.Detail.Second.IsZero():
		claim, err := d.claim(ctx, tx, org, p, e)
		return Taken{Claim: claim, State: gate.ConsentPending}, err
	}
	if e.Source.hers() {
		if err := d.reopen(ctx, tx, org, p, rule, e); err != nil {
			return Taken{}, err
		}
	}
	e.Kind = granted
	if rule.Advertising && !e.proven() {
		e.Kind = pending
	}
	event, err := d.add(ctx, tx, org, p, e)
	return Taken{Event: event, State: gate.ConsentState(e.Kind)}, err
}

// admit checks what is said about a consent and fills in what follows from it.
func (d *Consents) admit(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e *Event) (Purpose, error) {
	rule, err := d.rule(ctx, tx, org, e.Purpose)
	if err != nil {
		return rule, err
	}
	now := d.now()
	if e.At.IsZero() {
		e.At = now
	}
	switch hers := e.Source.hers(); {
	case p.Erased || p.Keys == nil:
		return rule, ErrErased
	case hers && e.Detail.Message.IsZero(), !hers && e.Detail.Note == "":
		return rule, ErrNoNote
	case rule.Advertising && p.InForce().Minor:
		return rule, ErrMinor
	case rule.Advertising && p.InForce().Objected && !hers:
		return rule, ErrObjected
	case e.At.After(now.Add(slack)):
		return rule, ErrFuture
	}
	if e.Expires.IsZero() && rule.Months > 0 {
		e.Expires = e.At.AddDate(0, rule.Months, 0)
	}
	return rule, d.word(ctx, tx, org, e)
}
