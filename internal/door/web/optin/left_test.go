package optin_test

import (
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// TestALeftNumberInTheFormIsAskedAbout: the visitor sees nothing of it, nothing is
// granted to whoever left the number, and staff are asked once.
func TestALeftNumberInTheFormIsAskedAbout(t *testing.T) {
	const old, fresh = "4915100070011", "4915100070012"
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		var her id.Person
		p.Write(t, func(tx store.Tx) error {
			people, err := p.People.Resolve(t.Context(), tx, p.Org.ID, []contact.Sighting{{Phone: old, FromMeta: true, BSUID: "DE.71", At: p.Clock.Now()}})
			if err != nil {
				return err
			}
			her = people[0].ID
			_, err = p.People.Change(t.Context(), tx, p.Org.ID, contact.Change{At: p.Clock.Now(), Before: []contact.Sighting{{BSUID: "DE.71"}}, After: contact.Sighting{Phone: fresh, BSUID: "DE.72", FromMeta: true}})
			return err
		})
		_, _, left := p.seen(t, "+49 151 00070011", "neu@beispiel.example")
		_, _, unknown := p.seen(t, "+49 151 00070099", "neu2@beispiel.example")
		if left != unknown {
			t.Errorf("pages and mail tell that somebody left the number:\n%s\n---\n%s", left, unknown)
		}
		if err := p.Requests.LookAll(t.Context(), p.DB, p.Orgs.IDs); err != nil {
			t.Fatal(err)
		}
		questions, err := p.People.Questions(t.Context(), p.DB, p.Org.ID)
		if err != nil || len(questions) != 1 || questions[0].Number != old || questions[0].Person.ID != her || questions[0].By != contact.ByForm {
			t.Fatalf("%d questions, %v", len(questions), err)
		}
		if n := p.Count(t, "consent", "contact_id = ?", her); n != 0 {
			t.Errorf("%d consents of whoever left it", n)
		}
	})
}
