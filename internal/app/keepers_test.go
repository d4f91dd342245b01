package app_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"einklang/internal/app"
	"einklang/internal/engine/store"
	"einklang/internal/person/attribute"
	"einklang/internal/person/contact"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// personColumns name a person.
var personColumns = []string{"contact_id", "owner_id"}

// Tables that a merge leaves as they are, and why.
var notMerged = map[string]string{
	"book_touch": "the card of the id that is gone must leave the phones",
	"book_entry": "the card of the id that is gone must leave the phones",
}

// Tables whose rows a merge drops, and why.
var dropped = map[string]string{
	"portal_code":  "who she is, is asked anew",
	"portal_visit": "who she is, is asked anew",
}

// Tables that still hold the bare id of a person who is erased, and why.
var notErased = map[string]string{
	"book_touch":     "the id leaves the phones, and then the table",
	"book_entry":     "that the id left is told to phones",
	"erasure":        "the proof of the erasure",
	"tombstone":      "keeps an import from bringing her back",
	"evidence_entry": "sealed under her key, which is destroyed",
	"privacy_parcel": "a package whose time is over goes with its file",
	"privacy_case":   "the file of her request, under a key of its own",
	"audit":          "what staff did, under the keys of its months",
	"audit_object":   "as above, of several people at once",
	"reaction":       "goes with the message it is put on",
	"verdict":        "goes with her messages",
	"legal_hold":     "goes when it is over; none is in force",
}

// sealedTables hold what is opened when people are merged: they are filled by
// their keepers.
var sealedTables = []string{"portrait", "attribute_value", "data_key", "identity", "name_word", "conversation", "message"}

// elsewhere are tables whose rows are no person's, or are hers only once she
// is being erased.
var elsewhere = []string{"early", "erasure", "tombstone"}

// Each table with a person in it follows her when two turn out to be one, and
// forgets her when she is erased; a new table must do so, or stand above.
func TestEachTableWithAPersonFollowsHer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		tables, err := store.Tables(ctx, o.DB, o.DB.Engine())
		if err != nil {
			t.Fatal(err)
		}
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		o.Settle(t)
		var from, into id.Person
		o.Write(t, func(tx store.Tx) error {
			people, err := o.People.Resolve(ctx, tx, o.Org.ID, []contact.Sighting{{Phone: "4917604069001", Name: "Erika Mustermann"}, {Phone: "4917604069002"}})
			if err != nil {
				return err
			}
			from, into = people[0].ID, people[1].ID
			number, err := o.Attributes.Save(ctx, tx, o.Org.ID, attribute.Definition{Name: "Kundennummer", Kind: attribute.Text, Purpose: "Zuordnung"})
			if err != nil {
				return err
			}
			return errors.Join(o.Attributes.Set(ctx, tx, o.Org.ID, from, map[id.Attribute]string{number.ID: "4711"}), o.Portraits.Set(ctx, tx, o.Org.ID, from, []byte("\xff\xd8 a picture")))
		})
		personal := map[string]string{}
		for _, table := range tables {
			for _, c := range table.Columns {
				if slices.Contains(personColumns, c.Name) {
					personal[table.Name] = c.Name
				}
			}
			if column := personal[table.Name]; column != "" && !slices.Contains(sealedTables, table.Name) && !slices.Contains(elsewhere, table.Name) {
				fill(t, o, table, column, from)
			}
		}
		if len(personal) < 25 {
			t.Fatalf("only %d tables name a person: the test looks in the wrong place", len(personal))
		}
		o.Write(t, func(tx store.Tx) error { return o.People.Merge(ctx, tx, o.Org.ID, from, into) })
		for table, column := range personal {
			if n := o.Count(t, table, column+" = ?", from); n != 0 && notMerged[table] == "" {
				t.Errorf("after the merge %d rows of %s name the one who is gone", n, table)
			}
			if n := o.Count(t, table, column+" = ?", into); n == 0 && notMerged[table] == "" && dropped[table] == "" && !slices.Contains(elsewhere, table) {
				t.Errorf("the merge lost the rows of %s", table)
			}
		}
		eraseNow(t, o, erasure.Identity{Contact: into})
		for table, column := range personal {
			if n := o.Count(t, table, column+" = ? OR org_id = ? AND "+column+" = ?", into, o.Org.ID, from); n != 0 && notErased[table] == "" {
				t.Errorf("after the erasure %d rows of %s name her", n, table)
			}
		}
		for table := range notErased {
			if personal[table] == "" {
				t.Errorf("%s is excused and names nobody", table)
			}
		}
	})
}

// fill puts a row about a person into a table.
func fill(t *testing.T, o *apptest.Office, table store.Table, column string, person id.Person) {
	t.Helper()
	var names, marks []string
	var args []any
	for i, c := range table.Columns {
		var value any
		switch {
		case c.Name == "org_id":
			value = o.Org.ID
		case c.Name == column:
			value = person
		case c.Kind == store.Bytes:
			value = o.IDs.New()
		case c.Kind == store.Text:
			value = word(table.Name, c.Name)
		case c.Kind == store.Bool:
			value = false
		default:
			value = int64(1_000_000 + i)
		}
		names, marks, args = append(names, c.Name), append(marks, "?"), append(args, value)
	}
	o.Write(t, func(tx store.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO "+table.Name+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
		return err
	})
}

// word is one that a column takes.
func word(table, column string) string {
	for _, c := range app.Checks() {
		if c.Table == table && c.Column == column {
			return c.Allowed()[0]
		}
	}
	return "x"
}
