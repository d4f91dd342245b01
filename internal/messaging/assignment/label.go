package assignment

import (
	"context"
	"fmt"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Label sorts people (S16).
type Label struct {
	ID     id.Label
	Name   string
	Colour string
	Used   int // people who have it; only LabelsInUse counts
}

// Colours are the colours that a label can have; the style sheet knows them in
// light and dark.
func Colours() []string { return []string{"teal", "blue", "violet", "rose", "orange", "olive"} }

// Labels reads the labels of an organisation by name.
func (d *Assignments) Labels(ctx context.Context, r store.Reader, org id.Org) ([]Label, error) {
	return store.Collect(ctx, r, func(row store.Row) (l Label, err error) { return l, row.Scan(&l.ID, &l.Name, &l.Colour) },
		"SELECT id, name, colour FROM label WHERE org_id = ? ORDER BY name", org)
}

// LabelsInUse reads the labels and counts who has them, which takes longer the
// more people there are.
func (d *Assignments) LabelsInUse(ctx context.Context, r store.Reader, org id.Org) ([]Label, error) {
	return store.Collect(ctx, r, func(row store.Row) (l Label, err error) {
		var used int64
		err = row.Scan(&l.ID, &l.Name, &l.Colour, &used)
		l.Used = int(used)
		return l, err
	}, "SELECT l.id, l.name, l.colour, (SELECT COUNT(*) FROM contact_label c WHERE c.org_id = l.org_id AND c.label_id = l.id) FROM label l WHERE l.org_id = ? ORDER BY l.name", org)
}

// SaveLabel stores a label, a new one if it has no id.
func (d *Assignments) SaveLabel(ctx context.Context, tx store.Tx, org id.Org, l Label) (id.Label, error) {
	var err error
	if l.Name, err = name(l.Name); err != nil {
		return l.ID, err
	}
	if !slices.Contains(Colours(), l.Colour) {
		return l.ID, ErrColour
	}
	if l.ID.IsZero() {
		l.ID = id.Label(d.ids.New())
		_, err = tx.Exec(ctx, "INSERT INTO label (org_id, id, name, colour) VALUES (?, ?, ?, ?)", org, l.ID, l.Name, l.Colour)
		return l.ID, err
	}
	if err := changed(tx.Exec(ctx, "UPDATE label SET name = ?, colour = ? WHERE org_id = ? AND id = ?", l.Name, l.Colour, org, l.ID)); err != nil {
		return l.ID, err
	}
	people, err := labelled(ctx, tx, org, l.ID)
	if err != nil {
		return l.ID, err
	}
	return l.ID, d.relabelled(ctx, tx, org, people...) // cards on phones may name the label
}

func labelled(ctx context.Context, r store.Reader, org id.Org, label id.Label) ([]id.Person, error) {
	people, err := store.Collect(ctx, r, store.One[id.Person],
		"SELECT contact_id FROM contact_label WHERE org_id = ? AND label_id = ?", org, label)
	if err != nil {
		return nil, fmt.Errorf("read who has a label: %w", err)
	}
	return people, nil
}

// Names reads the names of the labels.
func (d *Assignments) Names(ctx context.Context, r store.Reader, org id.Org) (map[id.Label]string, error) {
	all, err := d.Labels(ctx, r, org)
	names := make(map[id.Label]string, len(all))
	for _, l := range all {
		names[l.ID] = l.Name
	}
	return names, err
}

// changed turns a change of nothing into ErrNotFound.
func changed(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// DeleteLabel removes a label from everybody and from the list.
func (d *Assignments) DeleteLabel(ctx context.Context, tx store.Tx, org id.Org, label id.Label) error {
	people, err := labelled(ctx, tx, org, label)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM contact_label WHERE org_id = ? AND label_id = ?", org, label); err != nil {
		return err
	}
	if err := d.relabelled(ctx, tx, org, people...); err != nil {
		return err
	}
	return changed(tx.Exec(ctx, "DELETE FROM label WHERE org_id = ? AND id = ?", org, label))
}

func (d *Assignments) relabelled(ctx context.Context, tx store.Tx, org id.Org, people ...id.Person) error {
	if d.changed == nil || len(people) == 0 {
		return nil
	}
	return d.changed(ctx, tx, org, people...)
}

// SetLabel gives a person a label, or takes it.
func (d *Assignments) SetLabel(ctx context.Context, tx store.Tx, org id.Org, person id.Person, label id.Label, on bool) error {
	query := "DELETE FROM contact_label WHERE org_id = ? AND contact_id = ? AND label_id = ?"
	if on {
		query = "INSERT INTO contact_label (org_id, contact_id, label_id) SELECT org_id, ?, id FROM label WHERE org_id = ? AND id = ? ON CONFLICT DO NOTHING"
		n, err := tx.Exec(ctx, query, person, org, label)
		if err != nil {
			return fmt.Errorf("label a person: %w", err)
		}
		if n == 0 { // she has it already, or there is none
			var there bool
			if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM label WHERE org_id = ? AND id = ?)", org, label).Scan(&there); err != nil {
				return fmt.Errorf("label a person: %w", err)
			}
			if !there {
				return ErrNotFound
			}
		}
	} else if _, err := tx.Exec(ctx, query, org, person, label); err != nil {
		return fmt.Errorf("take a person's label: %w", err)
	}
	return d.relabelled(ctx, tx, org, person)
}

// Of reads which labels people have.
func (d *Assignments) Of(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person][]id.Label, error) {
	type labelled struct {
		person id.Person
		label  id.Label
	}
	all, err := store.CollectIn(ctx, r, func(row store.Row) (l labelled, err error) {
		err = row.Scan(&l.person, &l.label)
		return l, err
	}, "SELECT contact_id, label_id FROM contact_label WHERE org_id = ? AND contact_id IN (?) ORDER BY contact_id, label_id", people, org)
	if err != nil {
		return nil, fmt.Errorf("read people's labels: %w", err)
	}
	found := make(map[id.Person][]id.Label)
	for _, l := range all {
		found[l.person] = append(found[l.person], l.label)
	}
	return found, nil
}
