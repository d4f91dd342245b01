package assignment

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Closings tells which conversations were closed from one moment until before
// another, by whom, and when each had been closed before that; zero: never.
func (d *Assignments) Closings(ctx context.Context, r store.Reader, org id.Org, from, to time.Time, each func(conversation id.Conversation, by id.Account, at, before time.Time)) error {
	_, err := store.Collect(ctx, r, func(row store.Row) (conversation id.Conversation, err error) {
		var by id.Account
		var at, before int64
		if err = row.Scan(&conversation, &by, &at, &before); err == nil {
			each(conversation, by, store.Time(at), store.Time(before))
		}
		return conversation, err
	}, `SELECT w.conversation_id, w.author_id, w.at,
			COALESCE((SELECT MAX(p.at) FROM work_item p WHERE p.org_id = w.org_id AND p.conversation_id = w.conversation_id AND p.kind = 'closed' AND p.id < w.id), 0)
		FROM work_item w WHERE w.org_id = ? AND w.id >= ? AND w.id < ? AND w.at >= ? AND w.at < ? AND w.kind = 'closed' ORDER BY w.at, w.id`,
		org, id.At[id.ID](from.Add(-time.Hour)), id.At[id.ID](to.Add(time.Hour)), store.Micros(from), store.Micros(to)) // made in the moment in which it happened
	if err != nil {
		return fmt.Errorf("read what was closed: %w", err)
	}
	return nil
}

// LabelledPeople are the people who have each label.
func (d *Assignments) LabelledPeople(ctx context.Context, r store.Reader, org id.Org) (map[id.Label][]id.Person, error) {
	people := map[id.Label][]id.Person{}
	_, err := store.Collect(ctx, r, func(row store.Row) (label id.Label, err error) {
		var who id.Person
		err = row.Scan(&label, &who)
		people[label] = append(people[label], who)
		return label, err
	}, "SELECT label_id, contact_id FROM contact_label WHERE org_id = ?", org)
	if err != nil {
		return nil, fmt.Errorf("read how labels are used: %w", err)
	}
	return people, nil
}
