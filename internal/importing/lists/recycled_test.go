package lists_test

import (
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/importing/lists"
	"einklang/internal/person/contact"
)

// A number that a table keeps without its zero is one of the organisation's country; one
// that may be another country's is turned away, and nobody is made of it.
func TestAListNamesNumbersWithoutASign(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		for _, c := range []struct{ written, number, wrong string }{
			{"17604069955", "4917604069955", "17604069955"}, {"176 04069956", "4917604069956", "17604069956"}, {"15123456789", "4915123456789", "15123456789"},
			{"33612345678", "", "33612345678"}, // Fürstenwalde, or a mobile phone in France
		} {
			_, results := d.run(titles + "Otto;" + c.written + ";;Service;01.05.2026;Formular;Blatt 1\n")
			if c.number == "" && results[0].Code != lists.CodeBadPhone || c.number != "" && (d.person(c.number) == nil || d.person(c.number).ID != results[0].Contact) {
				t.Errorf("%q: %+v", c.written, results)
			}
			if d.person(c.wrong) != nil {
				t.Errorf("%q made somebody of another country", c.written)
			}
		}
	})
}

// A number that was given anew shows often by nothing but another user id, or by
// the change of who has it now: an old list that names it is asked about, and what
// its owner of then agreed to is not his. Once somebody has said whose it is, the
// list is taken.
func TestAListNamesANumberThatAnotherHasByNow(t *testing.T) {
	for name, now := range map[string]func(t *testing.T, d desk, tx store.Tx, number string) error{
		"another user id": func(t *testing.T, d desk, tx store.Tx, number string) error {
			_, err := d.People.Resolve(t.Context(), tx, d.Org.ID, []contact.Sighting{{Phone: number, FromMeta: true, BSUID: "DE.bert", Name: "Bert", At: d.Clock.Now(), Wrote: true}})
			return err
		},
		"his change": func(t *testing.T, d desk, tx store.Tx, number string) error {
			if _, err := d.People.Resolve(t.Context(), tx, d.Org.ID, []contact.Sighting{{Phone: "4917604069602", FromMeta: true, BSUID: "DE.bert", Name: "Bert", At: d.Clock.Now(), Wrote: true}}); err != nil {
				return err
			}
			_, err := d.People.Change(t.Context(), tx, d.Org.ID, contact.Change{At: d.Clock.Now(), Before: []contact.Sighting{{BSUID: "DE.bert"}}, After: contact.Sighting{Phone: number, FromMeta: true, BSUID: "DE.bert2"}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, d desk) {
				const number = "4917604069601"
				d.Write(t, func(tx store.Tx) error {
					_, err := d.People.Resolve(t.Context(), tx, d.Org.ID, []contact.Sighting{{Phone: number, FromMeta: true, BSUID: "DE.anna", Name: "Anna", At: d.Clock.Now(), Wrote: true}})
					return err
				})
				d.Clock.Advance(time.Minute)
				d.Write(t, func(tx store.Tx) error { return now(t, d, tx, number) })
				const list = titles + "Anna Beispiel;+" + number + ";;Service;01.05.2026;Formular;Blatt 1\n"
				bert := d.person(number)
				if _, results := d.run(list); results[0].Code != lists.CodeLeft || bert.Profile.Name != "Bert" || d.Count(t, "consent_event", "contact_id = ?", bert.ID) != 0 {
					t.Errorf("the list gave %+v to %s", results, bert.Profile.Name)
				}
				questions, err := d.People.Questions(t.Context(), d.DB, d.Org.ID)
				if err != nil || len(questions) != 1 || questions[0].Number != number || questions[0].Person.Profile.Name != "Anna" {
					t.Fatalf("asked is %+v, %v", questions, err)
				}
				d.Write(t, func(tx store.Tx) error {
					_, err := d.People.Answer(t.Context(), tx, d.Org.ID, questions[0].ID, contact.Others, d.staff)
					return err
				})
				if _, results := d.run(list); results[0].Contact != bert.ID {
					t.Errorf("after the answer: %+v", results)
				}
			})
		})
	}
}
