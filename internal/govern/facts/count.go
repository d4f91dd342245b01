// Package facts collects what the cockpit and the documents state. Whoever
// keeps something counts it; this package keeps how the measures stood each
// day, and the versions of the documents. What it gets are counts and
// settings, nothing about a person.
package facts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Counter fills in what its keeper counts.
type Counter func(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error

// Count asks everybody; each fills in fields of its own.
func Count(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts, counters ...Counter) error {
	pieces := make([]func(context.Context) error, len(counters))
	for i, count := range counters {
		pieces[i] = func(ctx context.Context) error { return count(ctx, r, org, now, f) }
	}
	if err := store.Together(ctx, r, pieces...); err != nil {
		return fmt.Errorf("count for the cockpit: %w", err)
	}
	return nil
}

// Cockpit counts how organisations stand, for the cockpit and the documents.
type Cockpit struct {
	DB    *store.DB
	Now   func() time.Time
	Pages string // address of the public pages, without a slash at the end
	// First fill in their parts one after the other: the organisation, because
	// the others count in its time zone and for its numbers, and whoever brings
	// up to date what he counts.
	First []Counter
	// Counters fill in theirs together.
	Counters []Counter
}

// Facts counts how an organisation stands now.
func (c *Cockpit) Facts(ctx context.Context, org id.Org) (f cockpit.Facts, err error) {
	f.Now, f.Pages = c.Now(), c.Pages
	f.Security = cockpit.Security{HTTPS: strings.HasPrefix(c.Pages, "https://"), Database: c.DB.Engine()}
	for _, count := range c.First {
		if err := Count(ctx, c.DB, org, f.Now, &f, count); err != nil {
			return f, err
		}
	}
	return f, Count(ctx, c.DB, org, f.Now, &f, c.Counters...)
}

// NoteEvery is how often is noted how the requirements stand; the last note of
// a day holds.
const NoteEvery = time.Hour

// Note remembers how an organisation stands today.
func (c *Cockpit) Note(ctx context.Context, org id.Org) error {
	f, err := c.Facts(ctx, org)
	if err != nil {
		return err
	}
	return c.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return Note(ctx, tx, org, f.Now, cockpit.Judge(f)) })
}

// NoteAll does so for some organisations.
func (c *Cockpit) NoteAll(ctx context.Context, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, c.DB)
	if err != nil {
		return err
	}
	for _, org := range all {
		if err := c.Note(ctx, org); err != nil {
			return err
		}
	}
	return nil
}

// Since lists messages of an organisation from one on.
type Since func(ctx context.Context, r store.Reader, org id.Org, from id.Message) ([]id.Message, error)

// Unjudged counts what went out without a verdict: what the conversations know
// against what the gate knows. Given are the messages that were handed to Meta,
// allowed those that the gate allowed.
func Unjudged(given, allowed Since) Counter {
	return func(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
		since := id.At[id.Message](now.Add(-cockpit.Window))
		out, err := given(ctx, r, org, since)
		if err != nil {
			return err
		}
		may, err := allowed(ctx, r, org, since)
		f.Gate.Unjudged = without(out, may)
		return err
	}
}

// People lists people of an organisation.
type People func(ctx context.Context, r store.Reader, org id.Org) ([]id.Person, error)

// Unasked counts the people whom a list brought, who are still there, and who
// have not consented.
func Unasked(brought, consenting People, active func(ctx context.Context, r store.Reader, org id.Org, of []id.Person) ([]id.Person, error)) Counter {
	return func(ctx context.Context, r store.Reader, org id.Org, _ time.Time, f *cockpit.Facts) error {
		listed, err := brought(ctx, r, org)
		if err != nil || len(listed) == 0 {
			return err
		}
		there, err := active(ctx, r, org, listed)
		if err != nil {
			return err
		}
		asked, err := consenting(ctx, r, org)
		f.Imports.WithoutConsent = without(there, asked)
		return err
	}
}

// without counts those of some that are not among others.
func without[T id.Like](some, others []T) (n int64) {
	there := make(map[T]bool, len(others))
	for _, o := range others {
		there[o] = true
	}
	for _, s := range some {
		if !there[s] {
			n++
		}
	}
	return n
}
