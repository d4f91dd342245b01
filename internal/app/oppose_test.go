package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/rights/cases"
	"einklang/internal/test/apptest"
)

// Who objects to all processing (GDPR Art. 21(1)) gets no more advertising and is
// restricted at once (Art. 18(1)(d)), is told so, and a case waits to be weighed:
// whether she writes it, enters it in the portal, or the company does for her.
func TestAnObjectionToAllProcessingIsWeighed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		phones := []string{"4917604069001", "4917604069002", "4917604069003"}
		dpo := o.SignIn(t, user.DPO)
		for at, asks := range []func(){
			func() {},
			func() {
				v := enters(t, o, o.Person(t, o.Customer("Kim Beispiel", phones[1])).ID)
				if status, page := v.post("/portal/beispiel/do/oppose", url.Values{"text": {"Ich werde bedroht."}}); status != http.StatusOK || !strings.Contains(page, "Bis zur Entscheidung nutzen wir Ihre Daten nicht") {
					t.Errorf("the portal: %d\n%s", status, page)
				}
			},
			func() {
				if status, page := submit(t, o, dpo, "/desk/cases", url.Values{"person": {phones[2]}, "kind": {"oppose"}, "source": {"desk"}, "text": {"Am Telefon widersprochen"}}); status != http.StatusOK {
					t.Fatalf("the desk: %d\n%s", status, page)
				}
			},
		} {
			kim := o.Customer("Kim Beispiel", phones[at])
			kim.Say(o.Number, "Guten Tag")
			o.Settle(t)
			person := o.Person(t, kim).ID
			o.Agree(t, person, "marketing")
			if at == 0 {
				kim.Say(o.Number, "Hiermit widerspreche ich der Verarbeitung meiner Daten")
				o.Settle(t)
			}
			asks()
			all, err := o.Cases.OfContact(t.Context(), o.DB, o.Org.ID, person)
			if err != nil || len(all) != 1 || all[0].Kind != cases.Oppose || !all[0].Closed.IsZero() {
				t.Fatalf("%d: the cases are %+v, %v", at, all, err)
			}
			path := "/desk/cases/" + all[0].ID.String()
			if at == 2 {
				if status, page := submit(t, o, dpo, path+"/identity", url.Values{"how": {"known"}, "text": {"Rückruf"}}); status != http.StatusOK {
					t.Fatalf("%d\n%s", status, page)
				}
				if status, page := submit(t, o, dpo, path+"/grant", url.Values{"sure": {"yes"}}); status != http.StatusOK {
					t.Fatalf("%d\n%s", status, page)
				}
			}
			if k := o.Person(t, kim); !k.Flags.Restricted || !k.Flags.Objected {
				t.Errorf("%d: the flags are %+v", at, k.Flags)
			}
			if n := o.Count(t, "consent", "contact_id = ? AND purpose = 'marketing' AND state = 'granted'", person); n != 0 {
				t.Errorf("%d: a consent to advertising holds", at)
			}
			if status, page := submit(t, o, dpo, path+"/letter", url.Values{"way": {"post"}, "text": {"[Entweder:] Wir verarbeiten Ihre Daten nicht mehr."}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "eckige Klammern") || !strings.Contains(page, "nicht mehr.</textarea>") {
				t.Errorf("%d: a letter with gaps goes out: %d", at, status)
			}
			_, page := visit(t, o, dpo, path)
			if strings.Contains(page, path+"/grant") {
				t.Errorf("%d: what is done is offered once more", at)
			}
			holds(t, "the page of the case", page, map[string]bool{"Widerspruch gegen die Verarbeitung (Art. 21 Abs. 1)": true, "Gründe abwägen": true, "zwingende Gründe": true})
		}
		o.Settle(t)
		if got := o.Customer("Kim Beispiel", phones[0]).Messages(o.Number); !strings.Contains(string(got[len(got)-1].Content), "Ihr Widerspruch ist eingegangen") {
			t.Errorf("she is told %s", got[len(got)-1].Content)
		}
	})
}
