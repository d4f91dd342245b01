package attribute

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

func TestParse(t *testing.T) {
	colour := Definition{Kind: Choice, Choices: []string{"Grün", "Rot"}}
	for _, c := range []struct {
		d          Definition
		said, want string
		err        error
	}{
		{Definition{Kind: Text}, "  K-4711 ", "K-4711", nil},
		{Definition{Kind: Text}, " ", "", nil},
		{Definition{Kind: Number}, "12", "12", nil},
		{Definition{Kind: Number}, "12,5", "12.5", nil},
		{Definition{Kind: Number}, "12.5", "12.5", nil},
		{Definition{Kind: Number}, "1.234,5", "1234.5", nil},
		{Definition{Kind: Number}, "1,234.5", "1234.5", nil},
		{Definition{Kind: Number}, "1.234", "1234", nil},
		{Definition{Kind: Number}, "1.234.567", "1234567", nil},
		{Definition{Kind: Number}, "-3", "-3", nil},
		{Definition{Kind: Number}, "zwölf", "", ErrNumber},
		{Definition{Kind: Number}, "NaN", "", ErrNumber},
		{Definition{Kind: Date}, "24.12.2026", "2026-12-24", nil},
		{Definition{Kind: Date}, "1.2.26", "2026-02-01", nil},
		{Definition{Kind: Date}, "2026-12-24", "2026-12-24", nil},
		{Definition{Kind: Date}, "24 December 2026", "2026-12-24", nil},
		{Definition{Kind: Date}, "31.2.2026", "", ErrDate},
		{colour, "grün", "Grün", nil},
		{colour, "Blau", "", ErrChoice},
		{Definition{Kind: YesNo}, "Ja", Yes, nil},
		{Definition{Kind: YesNo}, "no", No, nil},
		{Definition{Kind: YesNo}, "vielleicht", "", ErrChoice},
	} {
		if got, err := c.d.Parse(c.said); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s %q: %q, %v; want %q, %v", c.d.Kind, c.said, got, err, c.want, c.err)
		}
	}
}

func TestWhatADefinitionNeeds(t *testing.T) {
	for _, c := range []struct {
		d    Definition
		want error
	}{
		{Definition{Name: "Kundennummer", Kind: Text, Purpose: "Zuordnung"}, nil},
		{Definition{Name: " ", Kind: Text, Purpose: "x"}, ErrName},
		{Definition{Name: "x", Kind: "colour", Purpose: "x"}, ErrKind},
		{Definition{Name: "x", Kind: Choice, Choices: []string{"a", "a", " "}, Purpose: "x"}, ErrChoices},
		{Definition{Name: "x", Kind: Text}, ErrPurpose},
	} {
		if _, err := checked(c.d); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.d, err, c.want)
		}
	}
}

func TestValuesOfPeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v, ids := vaulttest.Open(t, db), id.System()
		org, erika, mustermann := id.Org(ids.New()), id.Person(ids.New()), id.Person(ids.New())
		var told []id.Person
		desk := New(v, ids, time.Now, func(_ context.Context, _ store.Tx, _ id.Org, person id.Person) error {
			told = append(told, person)
			return nil
		})
		write := func(do func(ctx context.Context, tx store.Tx) error) error { return db.Write(t.Context(), do) }
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(write(func(ctx context.Context, tx store.Tx) error {
			if err := v.CreateOrg(ctx, tx, org); err != nil {
				return err
			}
			keys, err := v.Org(ctx, tx, org)
			if err == nil {
				_, err = keys.NewKeyrings(ctx, tx, erika, mustermann)
			}
			return err
		}))
		save := func(d Definition) (Definition, error) {
			err := write(func(ctx context.Context, tx store.Tx) (err error) { d, err = desk.Save(ctx, tx, org, d); return err })
			return d, err
		}
		number, err := save(Definition{Name: "Kundennummer", Kind: Text, Purpose: "Zuordnung"})
		must(err)
		ends, err := save(Definition{Name: "Vertragsende", Kind: Date, Purpose: "Erinnerung"})
		must(err)
		if _, err := save(Definition{Name: "kundennummer", Kind: Text, Purpose: "noch einmal"}); !errors.Is(err, ErrTaken) {
			t.Errorf("a name twice: %v", err)
		}
		changed := number
		changed.Kind = Number
		if _, err := save(changed); !errors.Is(err, ErrKeep) {
			t.Errorf("another kind: %v", err)
		}
		must(write(func(ctx context.Context, tx store.Tx) error { return desk.Up(ctx, tx, org, ends.ID) }))
		if all, err := desk.List(t.Context(), db, org); err != nil || len(all) != 2 || all[0].ID != ends.ID {
			t.Errorf("the order: %+v, %v", all, err)
		}
		set := func(person id.Person, said map[id.Attribute]string) error {
			return write(func(ctx context.Context, tx store.Tx) error { return desk.Set(ctx, tx, org, person, said) })
		}
		must(set(erika, map[id.Attribute]string{number.ID: "K-1", ends.ID: "31.12.2026"}))
		var p *Problem
		if err := set(erika, map[id.Attribute]string{ends.ID: "bald"}); !errors.As(err, &p) || p.Name != "Vertragsende" || !errors.Is(err, ErrDate) {
			t.Errorf("no date: %v", err)
		}
		must(set(mustermann, map[id.Attribute]string{number.ID: "K-2"}))
		if len(told) < 2 {
			t.Errorf("nobody is told of %d changes", len(told))
		}
		must(write(func(ctx context.Context, tx store.Tx) error {
			keys, err := v.Org(ctx, tx, org)
			if err != nil {
				return err
			}
			return errors.Join(keys.Adopt(ctx, tx, erika, mustermann), desk.Merge(ctx, tx, org, erika, mustermann)) // as people are merged
		}))
		values, err := desk.Of(t.Context(), db, org, mustermann)
		if err != nil || values[number.ID] != "K-2" || values[ends.ID] != "2026-12-31" {
			t.Errorf("merged: %v, %v", values, err)
		}
		if values, err := desk.Of(t.Context(), db, org, erika); err != nil || values != nil {
			t.Errorf("she keeps %v, %v", values, err)
		}
		ends.Retired = true
		_, err = save(ends)
		must(err)
		if err := set(mustermann, map[id.Attribute]string{ends.ID: "1.1.2027"}); !errors.Is(err, ErrNotFound) {
			t.Errorf("a retired attribute takes a value: %v", err)
		}
		must(set(mustermann, map[id.Attribute]string{number.ID: "", ends.ID: ""}))
		if n, err := desk.CountOf(t.Context(), db, org, mustermann); err != nil || n != 0 {
			t.Errorf("%d values are left, %v", n, err)
		}
		for i := range Most - 2 {
			_, err := save(Definition{Name: fmt.Sprint("n", i), Kind: Text, Purpose: "x"})
			must(err)
		}
		if _, err := save(Definition{Name: "one more", Kind: Text, Purpose: "x"}); !errors.Is(err, ErrMany) {
			t.Errorf("more than fifty: %v", err)
		}
	})
}
