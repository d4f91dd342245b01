package lists_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/importing/lists"
	"einklang/internal/person/attribute"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// sorted are the labels and attributes of a person, as people read them.
func (d desk) sorted(k *chat.Known) string {
	d.t.Helper()
	names, err := d.Work.Names(d.t.Context(), d.DB, d.Org.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	of, err := d.Work.Of(d.t.Context(), d.DB, d.Org.ID, []id.Person{k.ID})
	if err != nil {
		d.t.Fatal(err)
	}
	var all []string
	for _, l := range of[k.ID] {
		all = append(all, names[l])
	}
	values, err := d.Attributes.Of(d.t.Context(), d.DB, d.Org.ID, k.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, v := range values {
		all = append(all, v)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func (d desk) define(kind attribute.Kind, name string) attribute.Definition {
	d.t.Helper()
	var made attribute.Definition
	err := d.DB.Write(d.t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		made, err = d.Attributes.Save(ctx, tx, d.Org.ID, attribute.Definition{Name: name, Kind: kind, Purpose: "Betreuung"})
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return made
}

func (d desk) set(k *chat.Known, a attribute.Definition, value string) {
	d.t.Helper()
	err := d.DB.Write(d.t.Context(), func(ctx context.Context, tx store.Tx) error {
		return d.Attributes.Set(ctx, tx, d.Org.ID, k.ID, map[id.Attribute]string{a.ID: value})
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// Labels and attributes come with a list, what is known stays, and an undo takes
// back what the import has given and nobody has changed since.
func TestAListSortsPeople(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		number, _ := d.define(attribute.Text, "Kundennummer"), d.define(attribute.Date, "Vertrag bis")
		i, results := d.run("Name;Telefon;Kategorien;Gruppe;Kundennummer;Vertrag bis\n" +
			"Max;+4917604069011;Kunde, VIP;* myContacts ::: Nord;K-1;31.12.2027\n" +
			"Erika;+4917604069012;kunde;;K-2;irgendwann\n" +
			"Otto;+4917604069013;;;;\n")
		mustermann, erika := d.person("4917604069011"), d.person("4917604069012")
		if got := d.sorted(mustermann); got != "2027-12-31, K-1, Kunde, Nord, VIP" {
			t.Errorf("Max is sorted as %q", got)
		}
		if got := d.sorted(erika); got != "K-2, Kunde" || results[1].Code != lists.CodeBadValue {
			t.Errorf("Erika is sorted as %q, code %q", got, results[1].Code)
		}
		if got := d.sorted(d.person("4917604069013")); got != "" {
			t.Errorf("Otto is sorted as %q", got)
		}
		job, err := d.Imports.Progress(t.Context(), d.DB, d.Org.ID, i.ID)
		if err != nil || job.Counts[lists.CountLabels] != 4 || job.Counts[lists.CountValues] != 3 {
			t.Errorf("counted: %v, %v", job.Counts, err)
		}

		_, again := d.run("Telefon;Kundennummer;Labels\n+4917604069011;K-9;VIP\n")
		if got := d.sorted(mustermann); got != "2027-12-31, K-1, Kunde, Nord, VIP" || again[0].Code != lists.CodeOtherValue {
			t.Errorf("a second list made it %q, code %q", got, again[0].Code)
		}
		d.set(erika, number, "K-3")
		d.undo(i)
		if got := d.sorted(d.person("4917604069012")); got != "K-3" {
			t.Errorf("after the undo Erika is sorted as %q", got)
		}
		for _, gone := range []string{"4917604069011", "4917604069013"} {
			if k, err := d.People.ByPhone(t.Context(), d.DB, d.Org.ID, gone); err != nil || k != nil {
				t.Errorf("%s is still here, %v", gone, err)
			}
		}
	})
}

// A column of towns is no column of labels, and a label has a length.
func TestLabelsHaveBounds(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		var csv strings.Builder
		csv.WriteString("Telefon;Labels\n+4917604069100;" + strings.Repeat("x", 61) + "\n")
		for n := range 110 {
			fmt.Fprintf(&csv, "+49176040692%02d;Ort %d\n", n%100, n)
		}
		_, results := d.run(csv.String())
		all, err := d.Work.Labels(t.Context(), d.DB, d.Org.ID)
		if err != nil || len(all) != 100 {
			t.Errorf("%d labels, %v", len(all), err)
		}
		if results[0].Code != lists.CodeBadLabel || results[len(results)-1].Code == "" {
			t.Errorf("the first row says %q, the last %q", results[0].Code, results[len(results)-1].Code)
		}
	})
}

// An attribute of somebody else, or one that is retired, is no field.
func TestOnlyAttributesThatExistAreFields(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		a := d.define(attribute.Text, "Kundennummer")
		i, err := d.Imports.Stage(t.Context(), d.DB, d.Org.ID, d.staff, "kunden.csv", strings.NewReader("Telefon;Kundennummer\n+4917604069011;K-1\n"))
		if err != nil || i.Plan.Columns[1] != lists.AttributeField(a.ID) {
			t.Fatalf("proposed: %v, %v", i.Plan.Columns, err)
		}
		plan := i.Plan
		plan.Columns = []lists.Field{lists.Phone, lists.AttributeField(id.Attribute(d.IDs.New()))}
		if fault, err := d.Imports.Check(t.Context(), d.DB, d.Org.ID, i.ID, plan); fault != lists.NoMeaning || err != nil {
			t.Errorf("an attribute that nobody knows: %q, %v", fault, err)
		}
		a.Retired = true
		err = d.DB.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			_, err := d.Attributes.Save(ctx, tx, d.Org.ID, a)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if fault, err := d.Imports.Check(t.Context(), d.DB, d.Org.ID, i.ID, i.Plan); fault != lists.NoMeaning || err != nil {
			t.Errorf("an attribute that is retired: %q, %v", fault, err)
		}
	})
}
