package attribute

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// Attributes keeps attributes and their values.
type Attributes struct {
	vault   *vault.Vault
	ids     *id.Source
	now     func() time.Time
	changed func(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error
}

// New makes Attributes. Changed is told of people whose values have changed.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, changed func(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error) *Attributes {
	return &Attributes{v, ids, now, changed}
}

// List reads the attributes of an organisation, in their order; those that are
// retired come last.
func (d *Attributes) List(ctx context.Context, r store.Reader, org id.Org) ([]Definition, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (a Definition, err error) {
		var choices string
		if err := row.Scan(&a.ID, &a.Name, &a.Kind, &choices, &a.Purpose, &a.Retired, &a.Hers); err != nil {
			return a, err
		}
		return a, json.Unmarshal([]byte(choices), &a.Choices)
	}, "SELECT id, name, kind, choices, purpose, retired, hers FROM attribute WHERE org_id = ? ORDER BY retired, place, id", org)
	if err != nil {
		return nil, fmt.Errorf("read the attributes: %w", err)
	}
	return all, nil
}

// Save makes an attribute, or changes one. Its kind stays what it is.
func (d *Attributes) Save(ctx context.Context, tx store.Tx, org id.Org, a Definition) (Definition, error) {
	a, err := checked(a)
	if err != nil {
		return a, err
	}
	all, err := d.List(ctx, tx, org)
	if err != nil {
		return a, err
	}
	before := slices.IndexFunc(all, func(o Definition) bool { return o.ID == a.ID })
	switch {
	case slices.ContainsFunc(all, func(o Definition) bool { return o.ID != a.ID && strings.EqualFold(o.Name, a.Name) }):
		return a, ErrTaken
	case a.ID.IsZero() && len(all) >= Most:
		return a, ErrMany
	case !a.ID.IsZero() && before < 0:
		return a, ErrNotFound
	case before >= 0 && all[before].Kind != a.Kind:
		return a, ErrKeep
	}
	choices, err := json.Marshal(a.Choices)
	if err != nil {
		return a, err
	}
	if before < 0 {
		a.ID = id.Attribute(d.ids.New())
	}
	_, err = tx.Exec(ctx, `INSERT INTO attribute (org_id, id, name, kind, choices, purpose, place, retired, hers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, choices = excluded.choices, purpose = excluded.purpose, retired = excluded.retired, hers = excluded.hers`,
		org, a.ID, a.Name, string(a.Kind), string(choices), a.Purpose, int64(len(all)), a.Retired, a.Hers)
	if err != nil {
		return a, fmt.Errorf("save an attribute: %w", err)
	}
	return a, nil
}

// Up moves an attribute one place towards the beginning.
func (d *Attributes) Up(ctx context.Context, tx store.Tx, org id.Org, at id.Attribute) error {
	all, err := d.List(ctx, tx, org)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(a Definition) bool { return a.ID == at })
	if i < 0 {
		return ErrNotFound
	}
	if i > 0 {
		all[i-1], all[i] = all[i], all[i-1]
	}
	for place, a := range all {
		if _, err := tx.Exec(ctx, "UPDATE attribute SET place = ? WHERE org_id = ? AND id = ?", int64(place), org, a.ID); err != nil {
			return fmt.Errorf("move an attribute: %w", err)
		}
	}
	return nil
}

const sealContext = "attribute.values"

// Values are what is known of a person, by attribute.
type Values map[id.Attribute]string

// Of reads the values of a person; none if she is erased.
func (d *Attributes) Of(ctx context.Context, r store.Reader, org id.Org, person id.Person) (Values, error) {
	all, err := d.OfMany(ctx, r, org, []id.Person{person})
	return all[person], err
}

// OfMany reads the values of people; those without any are left out.
func (d *Attributes) OfMany(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]Values, error) {
	opened, err := vault.OpenMany(ctx, r, d.vault, org, sealContext, query, people)
	if err != nil {
		return nil, fmt.Errorf("open attributes: %w", err)
	}
	return read(opened)
}

const query = "SELECT contact_id, sealed FROM attribute_value WHERE org_id = ? AND contact_id IN (?)"

func read(opened map[id.Person][]byte) (map[id.Person]Values, error) {
	all := make(map[id.Person]Values, len(opened))
	for person, plain := range opened {
		values := Values{}
		if err := json.Unmarshal(plain, &values); err != nil {
			return nil, err
		}
		all[person] = values
	}
	return all, nil
}

// Problem says which attribute a value does not fit.
type Problem struct {
	Name string
	Err  error
}

func (p *Problem) Error() string { return p.Name + ": " + p.Err.Error() }

// Unwrap is what is wrong.
func (p *Problem) Unwrap() error { return p.Err }

// Set changes some values of a person, as they were entered; empty takes one
// away. The others stay. A value that does not fit fails with a *Problem.
func (d *Attributes) Set(ctx context.Context, tx store.Tx, org id.Org, person id.Person, said map[id.Attribute]string) error {
	all, err := d.List(ctx, tx, org)
	if err != nil {
		return err
	}
	values, err := d.Of(ctx, tx, org, person)
	if err != nil {
		return err
	}
	if values == nil {
		values = Values{}
	}
	for at, text := range said {
		i := slices.IndexFunc(all, func(a Definition) bool { return a.ID == at })
		if i < 0 || all[i].Retired && text != "" && text != values[at] {
			return ErrNotFound
		}
		value, err := all[i].Parse(text)
		if err != nil {
			return &Problem{all[i].Name, err}
		}
		if value == "" {
			delete(values, at)
		} else {
			values[at] = value
		}
	}
	return d.keep(ctx, tx, org, person, values)
}

func (d *Attributes) keep(ctx context.Context, tx store.Tx, org id.Org, person id.Person, values Values) error {
	if len(values) == 0 {
		if _, _, err := d.Erase(ctx, tx, org, person); err != nil {
			return err
		}
		return d.changed(ctx, tx, org, person)
	}
	keys, err := d.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	ring, err := keys.Keyring(ctx, tx, person)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(values)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO attribute_value (org_id, contact_id, sealed, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (org_id, contact_id) DO UPDATE SET sealed = excluded.sealed, at = excluded.at`,
		org, person, ring.Seal(sealContext, person, plain), store.Micros(d.now())); err != nil {
		return fmt.Errorf("keep attributes: %w", err)
	}
	return d.changed(ctx, tx, org, person)
}

// Mark is a keyed hash by which a value is recognised without being kept.
func (d *Attributes) Mark(ctx context.Context, r store.Reader, org id.Org, value string) ([]byte, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	hash := keys.Lookup(sealContext, value)
	return hash[:], nil
}

// Merge gives the values of a person to the one she turned out to be, where
// that one has none.
func (d *Attributes) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	opened, err := vault.OpenMerged(ctx, tx, d.vault, org, sealContext, query, from, into)
	if err != nil {
		return fmt.Errorf("merge attributes: %w", err)
	}
	all, err := read(opened)
	if err != nil || all[from] == nil {
		return err
	}
	merged := all[from]
	for at, value := range all[into] {
		merged[at] = value
	}
	if err := d.keep(ctx, tx, org, into, merged); err != nil {
		return err
	}
	_, _, err = d.Erase(ctx, tx, org, from)
	return err
}

// Erase deletes what staff noted about a person.
func (d *Attributes) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	_, err := tx.Exec(ctx, "DELETE FROM attribute_value WHERE org_id = ? AND contact_id = ?", org, person)
	return 0, false, err
}

// CountOf counts the values of a person.
func (d *Attributes) CountOf(ctx context.Context, r store.Reader, org id.Org, person id.Person) (int64, error) {
	values, err := d.Of(ctx, r, org, person)
	return int64(len(values)), err
}
