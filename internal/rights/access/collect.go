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
	Rooms   Rooms
}

// Rooms write what they keep about a person into her record.
type Rooms interface {
	Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error
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
// and the package says so.
func (a *Packages) Proven(ctx context.Context, w io.Writer, org id.Org, p *chat.Known, kind Kind, c *i18n.Catalogue) error {
	return a.write(ctx, w, org, record.Record{Person: *p, Proven: true}, kind, c)
}

func (a *Packages) write(ctx context.Context, w io.Writer, org id.Org, all record.Record, kind Kind, c *i18n.Catalogue) error {
	for _, out := range a.Outside.Destinations() {
		all.Recipients = append(all.Recipients, record.Recipient{Name: out.Recipient, Country: out.Country, Mechanism: out.Mechanism})
	}
	if err := a.Rooms.Export(ctx, a.DB, org, &all); err != nil {
		return err
	}
	var err error
	if all.Controller, err = a.Numbers.NameOf(ctx, a.DB, org); err != nil {
		return err
	}
	for i, t := range all.Threads {
		if all.Threads[i].Number, err = a.Numbers.NumberOf(ctx, a.DB, org, t.Channel); err != nil {
			return err
		}
	}
	return Write(ctx, w, all, kind, c, a.Now())
}
