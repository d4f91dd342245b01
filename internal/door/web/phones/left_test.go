package phones_test

import (
	"net/url"
	"regexp"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/phones/addressbook"
	"einklang/internal/test/apptest"
)

// TestACandidateWithALeftNumberIsAskedAbout: the card of a phone makes nobody known
// by a number that somebody left, and joins nobody.
func TestACandidateWithALeftNumberIsAskedAbout(t *testing.T) {
	const old, fresh = "4915100070021", "4915100070022"
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		lead := browser{t, o, o.SignIn(t, user.Lead)}
		_, _, resp := lead.post("/devices", form("platform", "android"))
		at := resp.Request.URL.Path
		all, err := o.Devices.All(t.Context(), o.DB, o.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		o.Write(t, func(tx store.Tx) error {
			if _, err := o.People.Resolve(t.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: old, FromMeta: true, BSUID: "DE.73", At: o.Clock.Now()}}); err != nil {
				return err
			}
			if _, err := o.People.Change(t.Context(), tx, o.Org.ID, contact.Change{At: o.Clock.Now(), Before: []contact.Sighting{{BSUID: "DE.73"}}, After: contact.Sighting{Phone: fresh, BSUID: "DE.74", FromMeta: true}}); err != nil {
				return err
			}
			return o.Books.Propose(t.Context(), tx, o.Org.ID, all[0].ID, "Alex Neu", addressbook.Entered{Name: "Alex Neu", Phone: "+49 151 00070021"})
		})
		_, text, _ := lead.get(at)
		card := regexp.MustCompile(`action="([^"]+/candidate/[^"]+)"`).FindStringSubmatch(text)
		if card == nil {
			t.Fatalf("no card: %s", text)
		}
		people := o.Count(t, "contact", "")
		lead.post(card[1], url.Values{"do": {"take"}})
		questions, err := o.People.Questions(t.Context(), o.DB, o.Org.ID)
		if err != nil || len(questions) != 1 || questions[0].Number != old || questions[0].By != contact.ByStaff {
			t.Fatalf("%d questions, %v", len(questions), err)
		}
		if n := o.Count(t, "contact", ""); n != people {
			t.Errorf("%d people, %d before", n, people)
		}
	})
}
