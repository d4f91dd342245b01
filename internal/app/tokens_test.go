package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
	"einklang/internal/test/apptest"
)

var secrets = regexp.MustCompile(`ek_[A-Za-z0-9_-]{43}`)

// Tokens are made, rotated and revoked in the settings; reading lists is granted by
// a second person, and above the amount of the day the token stops and asks.
func TestATokenFromItsPageToItsEnd(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		for i, number := range []string{"4917604069001", "4917604069002", "4917604069003"} {
			e.Post(t, apptest.Text("wamid."+string(rune('1'+i)), number, "Erika Mustermann", "Guten Tag", e.Clock.Now()))
		}
		if _, page := visit(t, e.Office, e.admin, "/settings/tokens"); !strings.Contains(page, "lamp amber") || !strings.Contains(page, "von früher") {
			t.Error("a token from before is not shown amber")
		}
		year := e.Clock.Now().AddDate(0, 6, 0).Format(time.DateOnly)
		for name, form := range map[string]url.Values{
			"without a right": {"name": {"Kasse"}, "kind": {"automation"}, "until": {year}},
			"for ten years":   {"name": {"Kasse"}, "kind": {"automation"}, "scope": {"contacts.read"}, "until": {"2036-01-01"}},
			"as of old":       {"name": {"Kasse"}, "kind": {"legacy"}, "scope": {"contacts.read"}, "until": {year}},
			"with bulk":       {"name": {"Kasse"}, "kind": {"automation"}, "scope": {"bulk.read"}, "until": {year}},
		} {
			if status, page := submit(t, e.Office, e.admin, "/settings/tokens", form); status != http.StatusUnprocessableEntity || secrets.MatchString(page) {
				t.Errorf("%s: %d", name, status)
			}
		}
		_, page := submit(t, e.Office, e.admin, "/settings/tokens", url.Values{"name": {"Kasse"}, "kind": {"automation"}, "scope": {"contacts.read"}, "until": {year}})
		secret := secrets.FindString(page)
		all, err := e.Tokens.List(t.Context(), e.DB, e.Org.ID)
		if err != nil || len(all) != 2 || secret == "" || all[0].Owner != e.adminID {
			t.Fatal(err, page)
		}
		if _, page := visit(t, e.Office, e.admin, "/settings/tokens"); secrets.MatchString(page) {
			t.Error("it is shown again")
		}
		at := "/settings/tokens/" + all[0].ID.String()
		list := func() (int, string) {
			e.APIToken = secret
			var answer struct {
				Code  string
				Items []any
			}
			status := e.REST(t, http.MethodGet, "/api/v1/contacts?limit=2", nil, &answer)
			return status, answer.Code
		}
		if status, code := list(); status != http.StatusForbidden || code != "bulk_not_granted" {
			t.Fatalf("a list without a grant: %d %s", status, code)
		}
		var recipient id.Processor
		e.Write(t, func(tx store.Tx) (err error) {
			recipient, err = e.Registers.Save(t.Context(), tx, e.Org.ID, processors.Processor{Detail: processors.Detail{Name: "Kassen AG", Country: "DE", Mechanism: place.Mechanism("none")}})
			return err
		})
		bulk := url.Values{"do": {"bulk"}, "purpose": {"Abgleich mit der Kasse"}, "recipient": {recipient.String()}, "ceiling": {"5"}, "until": {e.Clock.Now().AddDate(0, 1, 0).Format(time.DateOnly)}}
		for _, without := range []string{"purpose", "recipient", "ceiling", "until"} {
			form := url.Values{}
			for k, v := range bulk {
				if k != without {
					form[k] = v
				}
			}
			if status, _ := submit(t, e.Office, e.admin, at, form); status != http.StatusUnprocessableEntity {
				t.Errorf("without %s: %d", without, status)
			}
		}
		if status, _ := submit(t, e.Office, e.admin, at, bulk); status != http.StatusOK {
			t.Fatal(status)
		}
		q := e.newest()
		if q.Kind != approval.Bulk || q.State(e.Clock.Now()) != foureyes.Open || !strings.Contains(q.Reason, "Abgleich") {
			t.Fatalf("%s, %s", q.Kind, q.State(e.Clock.Now()))
		}
		if _, code := list(); code != "bulk_not_granted" {
			t.Errorf("before anybody has agreed: %s", code)
		}
		if status := e.decide(e.admin, q, "grant"); status != http.StatusForbidden {
			t.Errorf("who asked agrees: %d", status)
		}
		if status := e.decide(e.dpo, q, "grant"); status != http.StatusOK {
			t.Fatal(status)
		}
		for range 2 { // two of five each
			if status, code := list(); status != http.StatusOK {
				t.Fatalf("with a grant: %d %s", status, code)
			}
		}
		for range 2 {
			if status, code := list(); status != http.StatusForbidden || code != "bulk_stopped" {
				t.Errorf("above the amount of the day: %d %s", status, code)
			}
		}
		again := e.newest()
		if again.ID == q.ID || again.State(e.Clock.Now()) != foureyes.Open {
			t.Fatal("it stops without asking")
		}
		if _, page := visit(t, e.Office, e.admin, "/settings/tokens"); !strings.Contains(page, "angehalten") {
			t.Error("the page does not say that it has stopped")
		}
		if status := e.decide(e.dpo, again, "grant"); status != http.StatusOK {
			t.Fatal(status)
		}
		if status, code := list(); status != http.StatusOK {
			t.Errorf("after the second grant: %d %s", status, code)
		}
		e.Audit.Settle()
		if n := e.Count(t, "audit", "act = 'person.listed' AND actor = 'program'"); n == 0 {
			t.Error("what a program reads does not stand in the log")
		}
		_, page = submit(t, e.Office, e.admin, at, url.Values{"do": {"rotate"}, "sure": {"yes"}})
		if fresh := secrets.FindString(page); fresh == "" || fresh == secret {
			t.Error("no other secret")
		} else if status, _ := list(); status != http.StatusUnauthorized {
			t.Errorf("the old secret: %d", status)
		} else {
			secret = fresh
		}
		if status, _ := list(); status != http.StatusOK {
			t.Errorf("the new secret: %d", status)
		}
		e.Clock.Advance(32 * 24 * time.Hour)
		if _, code := list(); code != "bulk_not_granted" {
			t.Errorf("after its end: %s", code)
		}
		e.admin = e.again(e.adminTo)
		submit(t, e.Office, e.admin, at, url.Values{"do": {"revoke"}, "sure": {"yes"}})
		if status, _ := list(); status != http.StatusUnauthorized {
			t.Errorf("revoked: %d", status)
		}
	})
}
