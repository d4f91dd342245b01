package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
)

// TestABreachFromRecordToNotification: whom it concerns is counted, what is
// missing is said, the draft is a PDF, and it is closed once the authority knows.
func TestABreachFromRecordToNotification(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, from := range []string{"4917604069001", "4917604069001", "4917604069002"} {
			o.Post(t, apptest.Text("wamid."+string(rune('a'+i)), from, "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		}
		dpo := o.SignIn(t, user.DPO)
		if status, page := submit(t, o, dpo, "/desk/breaches", url.Values{"what": {" "}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "wenigen Worten") {
			t.Errorf("without words: %d", status)
		}
		status, page := submit(t, o, dpo, "/desk/breaches", url.Values{"what": {"Ein Laptop fehlt"}})
		_, after, found := strings.Cut(page, `action="/desk/breaches/`)
		if status != http.StatusOK || !found || !strings.Contains(page, "die Uhr läuft") {
			t.Fatalf("recorded: %d\n%s", status, page)
		}
		path := "/desk/breaches/" + after[:36]
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		local := func(at time.Time) string { return at.In(zone).Format("2006-01-02T15:04") }
		form := url.Values{"channel": {""}, "what": {"Ein Laptop fehlt"}, "risk": {"risk"}, "measures": {"Sitzungen beendet"}, "from": {local(o.Clock.Now().Add(-time.Hour))}, "until": {local(o.Clock.Now().Add(time.Hour))}}
		if status, page = submit(t, o, dpo, path, form); status != http.StatusOK || !strings.Contains(page, "2 Personen, 3 Nachrichten, 0 Dateien") || !strings.Contains(page, "die wahrscheinlichen Folgen") {
			t.Errorf("saved: %d\n%s", status, page)
		}
		if status, body := visit(t, o, dpo, path+"/notification"); status != http.StatusOK || !strings.HasPrefix(body, "%PDF-") {
			t.Errorf("the draft: %d", status)
		}
		if status, _ = submit(t, o, dpo, path, url.Values{"step": {"close"}, "sure": {"yes"}}); status != http.StatusUnprocessableEntity {
			t.Errorf("closed too early: %d", status)
		}
		for _, step := range []string{"report", "close"} {
			if status, page = submit(t, o, dpo, path, url.Values{"step": {step}, "sure": {"yes"}}); status != http.StatusOK {
				t.Errorf("%s: %d\n%s", step, status, page)
			}
		}
		if !strings.Contains(page, "Abgeschlossen am") {
			t.Errorf("closed:\n%s", page)
		}
		if status, _ := visit(t, o, o.SignIn(t, user.Agent), path); status != http.StatusForbidden {
			t.Errorf("an agent: %d", status)
		}
	})
}

// A breach with a high risk is not closed while a person whom it concerns is
// untold: a letter reaches each for sure, or somebody chooses a ground of Art. 34(3)
// and writes why. The click that people were told is neither.
func TestAHighRiskIsNotClosedWithPeopleUntold(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, phone := range []string{"4917604069001", "4917604069002"} {
			o.Customer(fmt.Sprint("Kim ", i), phone).Say(o.Number, "Guten Tag")
		}
		o.Settle(t)
		dpo := o.SignIn(t, user.DPO)
		local := func(at time.Time) string { return at.In(o.Chats.Location).Format("2006-01-02T15:04") }
		opened := func() string {
			_, page := submit(t, o, dpo, "/desk/breaches", url.Values{"what": {"Ein Laptop fehlt"}})
			_, after, _ := strings.Cut(page, `action="/desk/breaches/`)
			path := "/desk/breaches/" + after[:36]
			submit(t, o, dpo, path, url.Values{"channel": {""}, "what": {"Ein Laptop fehlt"}, "risk": {"high"}})
			submit(t, o, dpo, path, url.Values{"step": {"report"}, "sure": {"yes"}})
			if status, page := submit(t, o, dpo, path, url.Values{"step": {"close"}, "sure": {"yes"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "welcher Zeitraum betroffen") {
				t.Errorf("closed without saying whom it concerns: %d", status)
			}
			submit(t, o, dpo, path, url.Values{"channel": {""}, "what": {"Ein Laptop fehlt"}, "risk": {"high"}, "from": {local(o.Clock.Now().Add(-time.Hour))}, "until": {local(o.Clock.Now().Add(time.Hour))}})
			submit(t, o, dpo, path, url.Values{"step": {"tell"}, "sure": {"yes"}})
			return path
		}
		closing := func(path, ground, reason string) (int, string) {
			return submit(t, o, dpo, path, url.Values{"step": {"close"}, "ground": {ground}, "reason": {reason}, "sure": {"yes"}})
		}
		path := opened()
		for _, c := range [][2]string{{"", ""}, {"b", " "}, {"", "Festplatte verschlüsselt"}, {"z", "Festplatte verschlüsselt"}} {
			if status, page := closing(path, c[0], c[1]); status != http.StatusUnprocessableEntity || !strings.Contains(page, "erst abschließen, wenn jede betroffene Person") {
				t.Errorf("closed by %q, %q: %d", c[0], c[1], status)
			}
		}
		if _, page := visit(t, o, dpo, path); !strings.Contains(page, "2 betroffene Personen hat noch kein Brief") {
			t.Error("the page does not say how many are untold")
		}
		submit(t, o, dpo, path+"/letter", url.Values{"subject": {"Ihre Daten"}, "text": {"Ein Laptop ist weg."}, "sure": {"yes"}})
		send := func() {
			if err := o.BreachLetters.SendAll(t.Context(), o.DB, o.Orgs.IDs); err != nil {
				t.Fatal(err)
			}
		}
		send()
		if status, _ := closing(path, "", ""); status != http.StatusUnprocessableEntity {
			t.Errorf("closed while letters are under way: %d", status)
		}
		o.Settle(t)
		send()
		if _, page := visit(t, o, dpo, path); strings.Contains(page, "hat noch kein Brief") {
			t.Error("all are told, and the page counts somebody")
		}
		if status, page := closing(path, "", ""); status != http.StatusOK || !strings.Contains(page, "Abgeschlossen am") {
			t.Errorf("all are told: %d", status)
		}
		path = opened()
		if status, page := closing(path, "a", "Die Festplatte war verschlüsselt."); status != http.StatusOK || !strings.Contains(page, "2 Personen kein Brief erreicht. Die Daten konnte niemand lesen") || !strings.Contains(page, "Die Festplatte war verschlüsselt.") {
			t.Errorf("by Art. 34(3)(a): %d\n%s", status, page)
		}
	})
}
