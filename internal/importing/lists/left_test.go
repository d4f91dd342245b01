package lists_test

import (
	"context"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/importing/lists"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
)

// A row that names a number which somebody has left is held, in whatever form:
// it gets neither to her nor to a new person, with its consent, until a person
// has said whose the number is.
func TestARowWithALeftNumberIsHeld(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		const old, now = "5511987654322", "4917604069001"
		var her id.Person
		d.Write(t, func(tx store.Tx) error {
			people, err := d.People.Resolve(t.Context(), tx, d.Org.ID, []contact.Sighting{{Phone: "551187654322", FromMeta: true, BSUID: "BR.1", At: d.Clock.Now()}})
			if err != nil {
				return err
			}
			her = people[0].ID
			_, err = d.People.Change(t.Context(), tx, d.Org.ID, contact.Change{Before: []contact.Sighting{{BSUID: "BR.1"}}, After: contact.Sighting{Phone: now, BSUID: "BR.2", FromMeta: true}, At: d.Clock.Now()})
			return err
		})
		row := titles + "Alex Beispiel;+55 11 98765-4322;;Service;01.05.2026;Formular;Blatt 1\n"
		_, results := d.run(row)
		if len(results) != 1 || results[0].Outcome != lists.Refused || results[0].Code != lists.CodeLeft {
			t.Fatalf("%+v", results)
		}
		if d.person(old) != nil || d.Count(t, "contact", "") != 1 || d.Count(t, "consent_event", "") != 0 {
			t.Error("somebody got it")
		}
		if _, results = d.run(row); results[0].Code != lists.CodeLeft || d.Count(t, "number_question", "") != 1 {
			t.Errorf("once more: %+v", results)
		}
		questions, err := d.People.Questions(t.Context(), d.DB, d.Org.ID)
		if err != nil || len(questions) != 1 || questions[0].Number != old || questions[0].Person.ID != her || questions[0].By != contact.ByImport {
			t.Fatalf("%+v, %v", questions, err)
		}
		d.Write(t, func(tx store.Tx) error {
			_, err := d.People.Answer(context.Background(), tx, d.Org.ID, questions[0].ID, contact.Others, id.Account(d.IDs.New()))
			return err
		})
		if _, results = d.run(row); results[0].Outcome != lists.Created || results[0].Contact == her {
			t.Errorf("after the answer: %+v", results)
		}
		if k := d.person(old); k == nil || k.ID == her {
			t.Errorf("%+v", k)
		}
	})
}
