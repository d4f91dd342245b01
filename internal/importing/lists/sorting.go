package lists

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/person/attribute"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Sorter gives people labels.
type Sorter interface {
	Labels(ctx context.Context, r store.Reader, org id.Org) ([]assignment.Label, error)
	SaveLabel(ctx context.Context, tx store.Tx, org id.Org, l assignment.Label) (id.Label, error)
	SetLabel(ctx context.Context, tx store.Tx, org id.Org, person id.Person, label id.Label, on bool) error
	Of(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person][]id.Label, error)
}

// Attributes keeps what an organisation wants to know about people.
type Attributes interface {
	List(ctx context.Context, r store.Reader, org id.Org) ([]attribute.Definition, error)
	OfMany(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]attribute.Values, error)
	Set(ctx context.Context, tx store.Tx, org id.Org, person id.Person, said map[id.Attribute]string) error
	// Mark recognises a value without keeping it.
	Mark(ctx context.Context, r store.Reader, org id.Org, value string) ([]byte, error)
}

// labelsMost is how many labels an organisation has at most after an import: a
// column of towns is no column of labels.
const labelsMost = 100

// What an import has given a person beside consents; the values stand in the
// database.
type sortedBy string

const (
	byLabel     sortedBy = "label"
	byAttribute sortedBy = "attribute"
)

// sorting gives the people of a batch the labels and attributes of their rows.
type sorting struct {
	pii.Personal
	desk   *Imports
	tx     store.Tx
	of     Import
	labels map[string]id.Label // by name, in small letters
	has    map[id.Person][]id.Label
	values map[id.Person]attribute.Values
	counts map[string]int64
}

// sort gives people the labels and attributes of their rows, at which they stand.
// What is known of a person already stays as it is.
func (d *Imports) sort(ctx context.Context, tx store.Tx, i Import, people []*chat.Known, at []int, entries []Entry, results []Result, counts map[string]int64) error {
	if !slices.ContainsFunc(entries, func(e Entry) bool { return len(e.Labels)+len(e.Values) > 0 }) {
		return nil
	}
	s := sorting{desk: d, tx: tx, of: i, labels: map[string]id.Label{}, counts: counts}
	all, err := d.Labels.Labels(ctx, tx, i.Org)
	if err != nil {
		return err
	}
	for _, l := range all {
		s.labels[strings.ToLower(l.Name)] = l.ID
	}
	ids := make([]id.Person, len(people))
	for n, k := range people {
		ids[n] = k.ID
	}
	if s.has, err = d.Labels.Of(ctx, tx, i.Org, ids); err != nil {
		return err
	}
	if s.values, err = d.Attributes.OfMany(ctx, tx, i.Org, ids); err != nil {
		return err
	}
	for n, k := range people {
		code, err := s.one(ctx, k.ID, entries[at[n]])
		if err != nil {
			return fmt.Errorf("sort an imported person: %w", err)
		}
		if r := &results[at[n]]; r.Code == "" {
			r.Code = code
		}
	}
	return nil
}

func (s *sorting) one(ctx context.Context, person id.Person, e Entry) (code Code, err error) {
	for _, name := range e.Labels {
		label, err := s.label(ctx, name)
		if err != nil {
			return "", err
		}
		if label.IsZero() {
			code = CodeManyLabels
			continue
		}
		if slices.Contains(s.has[person], label) {
			continue
		}
		if err := s.desk.Labels.SetLabel(ctx, s.tx, s.of.Org, person, label, true); err != nil {
			return "", err
		}
		s.has[person] = append(s.has[person], label)
		s.counts[CountLabels]++
		if err := s.note(ctx, person, byLabel, id.ID(label), []byte{}); err != nil {
			return "", err
		}
	}
	fresh := map[id.Attribute]string{}
	for at, value := range e.Values {
		switch held := s.values[person][at]; {
		case held == "":
			fresh[at] = value
		case held != value:
			code = CodeOtherValue
		}
	}
	return code, s.know(ctx, person, fresh)
}

// label finds a label by its name, or makes it.
func (s *sorting) label(ctx context.Context, name string) (id.Label, error) {
	if l, known := s.labels[strings.ToLower(name)]; known || len(s.labels) >= labelsMost {
		return l, nil
	}
	colours := assignment.Colours()
	l, err := s.desk.Labels.SaveLabel(ctx, s.tx, s.of.Org, assignment.Label{Name: name, Colour: colours[len(s.labels)%len(colours)]})
	s.labels[strings.ToLower(name)] = l
	return l, err
}

// know notes attributes of which nothing was known.
func (s *sorting) know(ctx context.Context, person id.Person, fresh map[id.Attribute]string) error {
	if len(fresh) == 0 {
		return nil
	}
	if err := s.desk.Attributes.Set(ctx, s.tx, s.of.Org, person, fresh); err != nil {
		return err
	}
	if s.values[person] == nil {
		s.values[person] = attribute.Values{}
	}
	for at, value := range fresh {
		s.values[person][at] = value
		s.counts[CountValues]++
		hash, err := s.desk.Attributes.Mark(ctx, s.tx, s.of.Org, value)
		if err != nil {
			return err
		}
		if err := s.note(ctx, person, byAttribute, id.ID(at), hash); err != nil {
			return err
		}
	}
	return nil
}

func (s *sorting) note(ctx context.Context, person id.Person, what sortedBy, subject id.ID, hash []byte) error {
	_, err := s.tx.Exec(ctx, "INSERT INTO import_sorted (org_id, import_id, contact_id, what, subject_id, hash) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		s.of.Org, s.of.ID, person, string(what), subject, hash)
	return err
}

// given is a label or an attribute that an import gave somebody.
type given struct {
	what    sortedBy
	subject id.ID
	hash    []byte
}

// unsort takes labels and attributes back. An attribute that says something else
// by now is left as it is.
func (d *Imports) unsort(ctx context.Context, tx store.Tx, org id.Org, at id.Import, person id.Person) error {
	all, err := store.Collect(ctx, tx, func(row store.Row) (g given, err error) { return g, row.Scan(&g.what, &g.subject, &g.hash) },
		"SELECT what, subject_id, hash FROM import_sorted WHERE org_id = ? AND import_id = ? AND contact_id = ?", org, at, person)
	if err != nil || len(all) == 0 {
		return err
	}
	values, err := d.Attributes.OfMany(ctx, tx, org, []id.Person{person})
	if err != nil {
		return err
	}
	gone := map[id.Attribute]string{}
	for _, g := range all {
		if g.what == byLabel {
			if err := d.Labels.SetLabel(ctx, tx, org, person, id.Label(g.subject), false); err != nil {
				return err
			}
			continue
		}
		hash, err := d.Attributes.Mark(ctx, tx, org, values[person][id.Attribute(g.subject)])
		if err != nil {
			return err
		}
		if bytes.Equal(hash, g.hash) {
			gone[id.Attribute(g.subject)] = ""
		}
	}
	if len(gone) > 0 {
		if err := d.Attributes.Set(ctx, tx, org, person, gone); err != nil && !errors.Is(err, attribute.ErrNotFound) {
			return err
		}
	}
	_, err = tx.Exec(ctx, "DELETE FROM import_sorted WHERE org_id = ? AND import_id = ? AND contact_id = ?", org, at, person)
	return err
}
