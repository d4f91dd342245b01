package access

import (
	"context"
	"io"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// Packages makes packages of what all rooms export.
type Packages struct {
	DB  *store.DB
	Now func() time.Time
	// Outside is where data may go: the recipients that a person is told.
	Outside *egress.Border
	Numbers Numbers
	People  People
	Rooms   Rooms
	// Portal is the address at which an organisation's people see their data.
	Portal func(ctx context.Context, r store.Reader, org id.Org) (string, error)
}

// Rooms write what they keep about a person into her record.
type Rooms interface {
	Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error
}

// People knows what of a record belongs to the one whose number it is.
type People interface {
	Belonging(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) (record.Belonging, error)
}

// Numbers knows the names of organisations, and their numbers as people write
// them.
type Numbers interface {
	NameOf(ctx context.Context, r store.Reader, org id.Org) (string, error)
	NumberOf(ctx context.Context, r store.Reader, org id.Org, channel id.Channel) (string, error)
}

// Package writes what is kept about a person (GDPR Art. 15, 20).
func (a *Packages) Package(ctx context.Context, w io.Writer, org id.Org, p *chat.Known, kind Kind, c *i18n.Catalogue) error {
	return a.write(ctx, w, org, record.Record{Person: *p}, kind, c)
}

// Proven writes what belongs to the number to which a person's code went. What
// staff alone take for hers, in a record that they merged with hers, stays out,
// and so does what is said of both; the package says so.
func (a *Packages) Proven(ctx context.Context, w io.Writer, org id.Org, p *chat.Known, kind Kind, c *i18n.Catalogue) error {
	hers, err := a.People.Belonging(ctx, a.DB, org, p)
	if err != nil {
		return err
	}
	all := record.Record{Person: *p}
	if hers.Mixed {
		all.Part = &hers
	}
	return a.write(ctx, w, org, all, kind, c)
}

// only leaves of a record what belongs to a number: who she is, and what staff
// noted, is said of both.
func only(all *record.Record) {
	hers := all.Person
	all.Person = chat.Known{Person: chat.Person{Org: hers.Org, ID: hers.ID, Locale: hers.Locale}, Keys: hers.Keys}
	if all.Part.Own {
		all.Person.Profile.Phone = hers.Profile.Phone
	}
	all.Picture, all.Attributes, all.Labels, all.Notes, all.Links, all.Notice, all.Held = nil, nil, nil, nil, nil, nil, nil
}

func (a *Packages) write(ctx context.Context, w io.Writer, org id.Org, all record.Record, kind Kind, c *i18n.Catalogue) error {
	if err := a.gather(ctx, org, &all); err != nil {
		return err
	}
	return Write(ctx, w, all, kind, c, a.Now())
}

// Record reads what is kept about a person, all of it hers, to be shown.
func (a *Packages) Record(ctx context.Context, org id.Org, p *chat.Known) (record.Record, error) {
	all := record.Record{Person: *p}
	return all, a.gather(ctx, org, &all)
}

// Recipients are those to whom data about people may go.
func (a *Packages) Recipients() (all []record.Recipient) {
	for _, out := range a.Outside.Destinations() {
		all = append(all, record.Recipient{Name: out.Recipient, Country: out.Country, Mechanism: out.Mechanism})
	}
	return all
}

func (a *Packages) gather(ctx context.Context, org id.Org, all *record.Record) (err error) {
	all.Recipients = a.Recipients()
	if err := a.Rooms.Export(ctx, a.DB, org, all); err != nil {
		return err
	}
	if all.Part != nil {
		only(all)
	}
	if all.Portal, err = a.Portal(ctx, a.DB, org); err != nil {
		return err
	}
	if all.Controller, err = a.Numbers.NameOf(ctx, a.DB, org); err != nil {
		return err
	}
	for i, t := range all.Threads {
		if all.Threads[i].Number, err = a.Numbers.NumberOf(ctx, a.DB, org, t.Channel); err != nil {
			return err
		}
	}
	return nil
}
