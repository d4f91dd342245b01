package app

import (
	"context"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/rights/access"
	"einklang/internal/rule/id"
)

// attributesChanged shows the change to everybody who looks at the person.
func (a *App) attributesChanged(ctx context.Context, tx store.Tx, org, person id.ID) error {
	threads, err := a.Threads.OfContact(ctx, tx, org, person)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() {
		for _, t := range threads {
			a.Hub.Publish(org, t.ID)
		}
	})
	return nil
}

// noted adds to a package what staff have noted about a person: attributes,
// labels, and notes for colleagues.
func (x rights) noted(ctx context.Context, o org.Org, src *access.Source) error {
	person := src.Person.ID
	values, err := x.Attributes.Of(ctx, x.DB, o.ID, person)
	if err != nil {
		return err
	}
	defined, err := x.Attributes.List(ctx, x.DB, o.ID)
	if err != nil {
		return err
	}
	for _, d := range defined {
		if value, known := values[d.ID]; known {
			src.Attributes = append(src.Attributes, access.Attribute{Name: d.Name, Value: value, Purpose: d.Purpose})
		}
	}
	labels, err := x.Work.Of(ctx, x.DB, o.ID, []id.ID{person})
	if err != nil {
		return err
	}
	names, err := x.Work.Names(ctx, x.DB, o.ID)
	if err != nil {
		return err
	}
	for _, l := range labels[person] {
		src.Labels = append(src.Labels, names[l])
	}
	for _, t := range src.Threads {
		items, err := x.Work.Items(ctx, x.DB, assignment.Thread{Org: o.ID, ID: t.ID, Contact: person}, notesMost)
		if err != nil {
			return err
		}
		for _, i := range items {
			if i.Words != "" {
				src.Notes = append(src.Notes, access.Note{At: i.At, Text: i.Words})
			}
		}
	}
	return nil
}

// notesMost bounds the notes of one conversation in a package.
const notesMost = 10_000
