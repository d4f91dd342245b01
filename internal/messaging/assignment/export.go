package assignment

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// notesMost bounds the notes of one conversation in a package.
const notesMost = 10_000

// Export writes labels, and the notes for colleagues in the conversations that
// have been written before.
func (d *Assignments) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	person := into.Person.ID
	labels, err := d.Of(ctx, r, org, []id.Person{person})
	if err != nil {
		return err
	}
	names, err := d.Names(ctx, r, org)
	if err != nil {
		return err
	}
	for _, l := range labels[person] {
		into.Labels = append(into.Labels, names[l])
	}
	for _, t := range into.Threads {
		items, err := d.Items(ctx, r, Thread{Org: org, ID: t.ID, Contact: person}, notesMost)
		if err != nil {
			return err
		}
		for _, i := range items {
			if i.Words != "" {
				into.Notes = append(into.Notes, record.Note{At: i.At, Text: i.Words})
			}
		}
	}
	return nil
}
