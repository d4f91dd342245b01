package app_test

import (
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
