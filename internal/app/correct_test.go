package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/person/attribute"
	"einklang/internal/person/contact"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/mailtest"
)

var mailedCode = regexp.MustCompile(`(?m)^([A-Z2-7]{8}) (?:ist|is)`)

// nextCode waits for a mail with a code.
func nextCode(t *testing.T, post *mailtest.Server) string {
	t.Helper()
	for {
		if code := mailedCode.FindStringSubmatch(post.Next(t).Body(t)); code != nil {
			return code[1]
		}
	}
}

// She corrects in the portal what is hers to say, at once, with what stood there
// before in the file; what is not hers to change is not changed, and becomes a
// request.
func TestSheCorrectsHerDetails(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069051")
		erika.Say(o.Number, "DATEN")
		o.Settle(t)
		who := o.Person(t, erika).ID
		var hers, ours attribute.Definition
		o.Write(t, func(tx store.Tx) (err error) {
			if hers, err = o.Attributes.Save(t.Context(), tx, o.Org.ID, attribute.Definition{Name: "Geburtstag", Kind: attribute.Date, Purpose: "Glückwunsch", Hers: true}); err != nil {
				return err
			}
			ours, err = o.Attributes.Save(t.Context(), tx, o.Org.ID, attribute.Definition{Name: "Kundennummer", Kind: attribute.Text, Purpose: "Rechnung"})
			return err
		})
		v := enteredBy(t, o, lastText(o, erika))
		if _, page := v.get("/portal/beispiel/data"); !strings.Contains(page, "Geburtstag") || strings.Contains(page, `for="own-`+ours.ID.String()) {
			t.Error("she may not correct what is hers, or may what is not")
		}
		for field, said := range map[string]url.Values{"name": {"name": {" "}}, hers.ID.String(): {"name": {"Erika Muster"}, hers.ID.String(): {"gestern"}}} {
			if status, page := v.post("/portal/beispiel/correct", said); status != http.StatusUnprocessableEntity || !strings.Contains(page, `id="wrong-`+field+`"`) {
				t.Errorf("%s: %d", field, status)
			}
		}
		if p := o.Person(t, erika); p.Profile.DisplayName() != "Erika Mustermann" {
			t.Errorf("half of it was kept: %q", p.Profile.DisplayName())
		}
		form := url.Values{"name": {"Erika Muster-Neu"}, "locale": {"en"}, hers.ID.String(): {"1990-02-01"}, ours.ID.String(): {"4711"}}
		if status, page := v.post("/portal/beispiel/correct", form); status != http.StatusOK || !strings.Contains(page, "Geändert.") || !strings.Contains(page, "Erika Muster-Neu") {
			t.Errorf("correcting: %d", status)
		}
		p := o.Person(t, erika)
		values, err := o.Attributes.Of(t.Context(), o.DB, o.Org.ID, who)
		if err != nil || p.Profile.DisplayName() != "Erika Muster-Neu" || p.Language() != "en" || values[hers.ID] != "1990-02-01" || values[ours.ID] != "" {
			t.Errorf("kept is %q, %q, %v, %v", p.Profile.DisplayName(), p.Language(), len(values), err)
		}
		all, err := o.Cases.OfContact(t.Context(), o.DB, o.Org.ID, who)
		i := slices.IndexFunc(all, func(c cases.Case) bool { return c.Kind == cases.Rectify && c.Outcome == cases.Done })
		if err != nil || i < 0 {
			t.Fatalf("there is no history: %v", err)
		}
		file, _, err := o.Cases.File(t.Context(), o.DB, o.Org.ID, all[i].ID, id.Cursor{})
		text := ""
		for _, line := range file {
			text += line.Text + "\n"
		}
		if err != nil || !strings.Contains(text, "bisher „Erika Mustermann“, jetzt „Erika Muster-Neu“") || !strings.Contains(text, "Geburtstag") || strings.Contains(text, "4711") {
			t.Errorf("the history is %q, %v", text, err)
		}
		v.post("/portal/beispiel/do/correct", url.Values{"text": {"Die Kundennummer stimmt nicht."}})
		v.post("/portal/beispiel/correct", url.Values{"name": {"Erika Muster"}, "locale": {"en"}, hers.ID.String(): {"1990-02-01"}})
		all, err = o.Cases.OfContact(t.Context(), o.DB, o.Org.ID, who)
		if err != nil || !slices.ContainsFunc(all, func(c cases.Case) bool { return c.Kind == cases.Rectify && c.Closed.IsZero() }) {
			t.Errorf("correcting her name closed what she asked of staff: %v", err)
		}
	})
}

// A mail address that she enters in her own visit, and proves by what was sent there,
// counts at once: it opens her data the next moment. One that staff enter does not,
// and a code that was made for a new address opens nothing by itself.
func TestAnAddressThatSheProvedCountsAtOnce(t *testing.T) {
	withMail(t, func(t *testing.T, o *apptest.Office, post *mailtest.Server) {
		erika, kim := o.Customer("Erika", "4917604069052"), o.Customer("Kim", "4917604069053")
		erika.Say(o.Number, "DATEN")
		kim.Say(o.Number, "Hallo")
		o.Settle(t)
		o.Write(t, func(tx store.Tx) error {
			_, err := o.People.Resolve(t.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: kim.Phone, Email: "kim@example.org"}, {Phone: erika.Phone, Email: "of-staff@example.org"}})
			return err
		})
		v := enteredBy(t, o, lastText(o, erika))
		if status, page := v.post("/portal/beispiel/address", url.Values{"email": {"keine"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, `id="wrong-email"`) {
			t.Errorf("no address: %d", status)
		}
		v.post("/portal/beispiel/address", url.Values{"email": {"erika@example.org"}})
		code := nextCode(t, post)
		if _, page := newVisitor(t, o).post("/portal/beispiel/enter", url.Values{"number": {"erika@example.org"}, "code": {code}}); strings.Contains(page, "Meine Nachrichten") {
			t.Error("whoever reads that mailbox sees her data before she has proven it")
		}
		if status, page := v.post("/portal/beispiel/address", url.Values{"email": {"erika@example.org"}, "code": {"AAAAAAAA"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, `id="wrong-code"`) || o.Person(t, erika).Profile.Email != "of-staff@example.org" {
			t.Errorf("a wrong code: %d", status)
		}
		if status, _ := v.post("/portal/beispiel/address", url.Values{"email": {"erika@example.org"}, "code": {code}}); status != http.StatusOK || o.Person(t, erika).Profile.Email != "erika@example.org" {
			t.Fatalf("the right code: %d, %q", status, o.Person(t, erika).Profile.Email)
		}
		o.Settle(t)
		if !strings.Contains(lastText(o, erika), "Ihre E-Mail-Adresse geändert") {
			t.Errorf("she is not told in the chat: %s", lastText(o, erika))
		}
		for p, want := range map[id.Person]bool{o.Person(t, erika).ID: true, o.Person(t, kim).ID: false} {
			known, err := o.People.Get(t.Context(), o.DB, o.Org.ID, p)
			if err != nil {
				t.Fatal(err)
			}
			if is, err := o.People.Proven(t.Context(), o.DB, o.Org.ID, known); err != nil || is.Email != want {
				t.Errorf("%s: proven %v, %v", known.Profile.Name, is.Email, err)
			}
		}
		box := newVisitor(t, o)
		box.post("/portal/beispiel/code", url.Values{"number": {"erika@example.org"}})
		code = nextCode(t, post)
		if _, page := box.post("/portal/beispiel/enter", url.Values{"number": {"erika@example.org"}, "code": {code}}); !strings.Contains(page, "Meine Nachrichten lesen") {
			t.Error("her mailbox does not open her data")
		}
	})
}
