package app

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// counters are those who count what they keep, for the cockpit and the
// documents.
func (a *App) counters() []facts.Counter {
	return []facts.Counter{a.Consents.Facts, a.Outbox.Facts, a.Threads.Facts, a.Users.Facts, a.Cases.Facts, a.Notices.Facts, a.Log.Facts, a.unjudged, a.unasked}
}

// unjudged counts what went out without a verdict: what the conversations know
// against what the gate knows.
func (a *App) unjudged(ctx context.Context, r store.Reader, org id.ID, now time.Time, f *cockpit.Facts) error {
	since := id.At(now.Add(-cockpit.Window))
	given, err := a.Threads.Given(ctx, r, org, since)
	if err != nil {
		return err
	}
	allowed, err := a.Outbox.Allowed(ctx, r, org, since)
	f.Gate.Unjudged = facts.Without(given, allowed)
	return err
}

// unasked counts the people whom a list brought and who have not consented.
func (a *App) unasked(ctx context.Context, r store.Reader, org id.ID, _ time.Time, f *cockpit.Facts) error {
	brought, err := a.Imports.Brought(ctx, r, org)
	if err != nil || len(brought) == 0 {
		return err
	}
	active, err := a.People.Active(ctx, r, org, brought)
	if err != nil {
		return err
	}
	consenting, err := a.Consents.Consenting(ctx, r, org)
	f.Imports.WithoutConsent = facts.Without(active, consenting)
	return err
}

// affects counts what a stop of the transfers to WhatsApp would affect.
func (a *App) affects(ctx context.Context, r store.Reader, org id.ID) (n processors.Affected, err error) {
	channels, err := a.Orgs.Channels(ctx, r, org)
	if err != nil {
		return n, err
	}
	for _, c := range channels {
		if c.Active {
			n.Numbers++
		}
	}
	for _, q := range []struct {
		into  *int64
		count func(context.Context, store.Reader, id.ID) (int64, error)
	}{{&n.Conversations, a.Threads.CountOpen}, {&n.Waiting, a.Outbox.Waiting}, {&n.People, a.People.CountActive}} {
		if *q.into, err = q.count(ctx, r, org); err != nil {
			return n, err
		}
	}
	consenting, err := a.Consents.Consenting(ctx, r, org)
	n.Consenting = int64(len(consenting))
	return n, err
}
