package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/test/apptest"
	"einklang/internal/test/mailtest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// TestPeopleAreToldOfABreach (GDPR Art. 34): over WhatsApp where a window is open
// or a template carries the letter, by mail where it is not, where she said STOP,
// or where WhatsApp did not deliver; each once, and counted.
func TestPeopleAreToldOfABreach(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, at string) {
		post := mailtest.Start(t, mail.Plain)
		o := apptest.OpenWith(t, at, apptest.Options{Config: func(c *app.Config) { c.Mail = post.Config(t) }})
		const inTime, late, stopped, nowhere, away = "4917604069001", "4917604069002", "4917604069003", "4917604069004", "4917604069005"
		phones := map[string]*sandbox.Phone{}
		for _, phone := range []string{inTime, late, stopped, nowhere, away} {
			phones[phone] = o.Customer("Kim", phone)
			phones[phone].Say(o.Number, "Guten Tag")
		}
		o.Settle(t)
		address := func(phone string) {
			o.Write(t, func(tx store.Tx) error {
				_, err := o.People.Resolve(t.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: phone, Name: "Kim", Email: "kim" + phone[len(phone)-1:] + "@example.org"}})
				return err
			})
		}
		address(stopped)
		address(away)
		o.Sandbox.AddTemplate(apptest.WABA, sandbox.Template{Name: "vorfall", Language: "de", Category: "UTILITY", Components: []byte(`[{"type":"BODY","text":"Zum Schutz Ihrer Daten: {{1}} Ihre Beispiel GmbH"}]`)})
		if err := o.Sync.All(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(25 * time.Hour)
		phones[inTime].Say(o.Number, "Noch eine Frage")
		phones[away].Say(o.Number, "Noch eine Frage")
		phones[stopped].Say(o.Number, "STOP")
		phones[nowhere].Say(o.Number, "STOP")
		o.Settle(t)
		o.Fault(t, sandbox.Fault{Kind: "fail", Code: 131026, Recipient: away})

		dpo := o.SignIn(t, user.DPO)
		_, page := submit(t, o, dpo, "/desk/breaches", url.Values{"what": {"Ein Laptop fehlt"}})
		_, after, _ := strings.Cut(page, `action="/desk/breaches/`)
		path := "/desk/breaches/" + after[:36]
		letter := url.Values{"subject": {"Ihre Daten"}, "text": {"Ein Laptop ist weg.\r\n\r\nBitte seien Sie wachsam."}, "template": {"vorfall de"}, "sure": {"yes"}}
		if status, page := submit(t, o, dpo, path+"/letter", letter); status != http.StatusUnprocessableEntity || !strings.Contains(page, "welcher Zeitraum betroffen") {
			t.Errorf("a letter to nobody: %d", status)
		}
		local := func(at time.Time) string { return at.In(o.Chats.Location).Format("2006-01-02T15:04") }
		form := url.Values{"what": {"Ein Laptop fehlt"}, "risk": {"high"}, "channel": {""}, "from": {local(o.Clock.Now().Add(-30 * time.Hour))}, "until": {local(o.Clock.Now().Add(time.Hour))}}
		if status, page := submit(t, o, dpo, path, form); status != http.StatusOK || !strings.Contains(page, "Beispiel GmbH muss Ihnen mitteilen") || !strings.Contains(page, "vorfall (de)") {
			t.Errorf("no draft, or no template to choose: %d\n%s", status, page)
		}
		long := url.Values{"subject": {"x"}, "text": {strings.Repeat("lang ", 300)}, "template": {"vorfall de"}, "sure": {"yes"}}
		if status, _ := submit(t, o, dpo, path+"/letter", long); status != http.StatusUnprocessableEntity {
			t.Errorf("too long for the template: %d", status)
		}
		unsure := url.Values{"subject": letter["subject"], "text": letter["text"]}
		if _, page := submit(t, o, dpo, path+"/letter", unsure); !strings.Contains(page, "5 Betroffenen") || o.Count(t, "breach", "letter <> ''") != 0 {
			t.Errorf("sent without having asked:\n%s", page)
		}
		if status, page := submit(t, o, dpo, path+"/letter", letter); status != http.StatusOK || !strings.Contains(page, "wird gesendet") {
			t.Fatalf("ordered: %d\n%s", status, page)
		}
		send := func() {
			t.Helper()
			for range 3 { // it goes out, is followed, and what failed goes by mail
				if err := o.BreachLetters.SendAll(t.Context(), o.DB, o.Orgs.IDs); err != nil {
					t.Fatal(err)
				}
				o.Settle(t)
			}
		}
		send()
		told := func(want string) {
			t.Helper()
			_, page := visit(t, o, dpo, path)
			got := ""
			for _, name := range []string{"über WhatsApp", "per E-Mail", "auf keinem Weg erreicht"} {
				_, n, _ := strings.Cut(page, "<dt>"+name+"</dt><dd>")
				got += fmt.Sprintf("%.1s ", n)
			}
			if strings.TrimSpace(got) != want {
				t.Errorf("told %q, want %q", got, want)
			}
		}
		told("2 2 1")
		last := func(phone string) string {
			all := phones[phone].Messages(o.Number)
			return string(all[len(all)-1].Content)
		}
		for phone, want := range map[string]string{inTime: "Ein Laptop ist weg.", late: "vorfall"} {
			if got := last(phone); !strings.Contains(got, want) {
				t.Errorf("%s got %s", phone, got)
			}
		}
		for _, phone := range []string{stopped, nowhere} {
			if strings.Contains(last(phone), "Laptop") {
				t.Errorf("%s was written to after her STOP", phone)
			}
		}
		to := map[string]int{}
		o.Until(t, "the mails have gone", func() bool { return len(post.Mails()) >= 2 })
		for _, m := range post.Mails() {
			if m.Subject(t) == "Ihre Daten" {
				to[m.To]++
			}
		}
		if fmt.Sprint(to) != "map[kim3@example.org:1 kim5@example.org:1]" {
			t.Errorf("mails to %v", to)
		}
		if o.Count(t, "breach", "told_at > 0") != 0 {
			t.Error("all are said to be told, though one is not")
		}
		sent := o.Count(t, "message", "outgoing = ?", true)
		address(nowhere)
		submit(t, o, dpo, path+"/letter", letter)
		send()
		told("2 3 0")
		if now := o.Count(t, "message", "outgoing = ?", true); now != sent {
			t.Errorf("%d messages were sent again", now-sent)
		}
		if o.Count(t, "breach", "told_at > 0 AND letter = 'sent'") != 1 {
			t.Error("all are told, and nothing says so")
		}
	})
}
