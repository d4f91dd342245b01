package consent_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// verdict is what the REST interface tells of the gate's answer.
type verdict struct {
	Verdict struct {
		Outcome, Reason string
		Row             int
	}
}

// send asks for a message: free text, or a template.
func (p *place) send(t *testing.T, person *chat.Known, template string) verdict {
	t.Helper()
	body := map[string]any{"contact_id": person.ID.String(), "type": "text", "text": map[string]any{"body": "Guten Tag"}}
	if template != "" {
		parameters := []any{map[string]any{"type": "text", "text": "Erika"}}
		if template == "termin" {
			parameters = append(parameters, map[string]any{"type": "text", "text": "Montag"})
		}
		body = map[string]any{"contact_id": person.ID.String(), "type": "template", "reason": "agent_initiated", "template": map[string]any{"name": template,
			"language": map[string]any{"code": "de"}, "components": []any{map[string]any{"type": "body", "parameters": parameters}}}}
		if template == "pausiert" {
			delete(body["template"].(map[string]any), "components")
		}
	}
	var v verdict
	p.REST(t, http.MethodPost, "/api/v1/messages", body, &v)
	return v
}

// agrees lets a customer agree by the public form and the code by WhatsApp.
func (p *place) agrees(t *testing.T, c *sandbox.Phone, purpose string) {
	t.Helper()
	p.Write(t, func(tx store.Tx) error {
		return p.Consents.SaveSettings(t.Context(), tx, p.Org.ID, optin.Settings{Form: true})
	})
	_, page := p.get(t, http.DefaultClient, "/opt-in/beispiel")
	field := func(pattern string) string {
		found := regexp.MustCompile(pattern).FindStringSubmatch(string(page))
		if found == nil {
			t.Fatalf("%s is not on the form:\n%s", pattern, page)
		}
		return found[1]
	}
	p.Clock.Advance(3 * time.Second)
	_, sent := p.post(t, http.DefaultClient, "/opt-in/beispiel", url.Values{"stamp": {field(`name="stamp" value="([^"]+)"`)}, "way": {"whatsapp"},
		"purpose": {purpose}, "text-" + purpose: {field(`name="text-` + purpose + `" value="([^"]+)"`)}})
	c.Say(p.Number, regexp.MustCompile(`<code class="mono">([^<]+)`).FindStringSubmatch(sent)[1])
	p.Settle(t)
}

// recorded has an agent record a consent that was given on paper, and how the
// privacy notice went with it; empty: it did not.
func (p *place) recorded(t *testing.T, person *chat.Known, purpose, handed string) {
	t.Helper()
	p.Write(t, func(tx store.Tx) error {
		return p.Consents.SaveSettings(t.Context(), tx, p.Org.ID, optin.Settings{})
	})
	page := p.upload(t, p.by(t, user.Agent), "/people/"+person.ID.String()+"/consent", map[string]string{"purpose": purpose, "date": p.Clock.Now().Format(time.DateOnly),
		"words": "other", "wording": "Ja, gern.", "note": "Formular vom Empfang", "notice": handed}, nil)
	if !strings.Contains(page, "role=\"status\"") {
		t.Fatalf("recording a consent:\n%s", page)
	}
}

func (p *place) stopLink(t *testing.T, person *chat.Known) string {
	t.Helper()
	link, err := p.Consents.StopLink(t.Context(), p.DB, p.Org.ID, person.ID)
	if err != nil {
		t.Fatal(err)
	}
	return "/stop/" + link
}

// Every row of the gate is reached through the real doors: the form, the mail's
// link, the chat, the agent's page.
func TestEveryRowOfTheGateThroughTheDoors(t *testing.T) {
	shared, n := open(t, storetest.SQLite(t)), 0
	for name, c := range map[string]struct {
		template string
		alone    bool // it moves the clock or the settings, so it has an office of its own
		prepare  func(*place, *sandbox.Phone, *chat.Known)
		want     string // outcome and reason
	}{
		"1 erased": {"", false, func(p *place, _ *sandbox.Phone, e *chat.Known) {
			p.Write(t, func(tx store.Tx) error {
				keys, err := p.Vault.Org(t.Context(), tx, p.Org.ID)
				if err == nil {
					_, err = keys.Destroy(t.Context(), tx, e.ID)
				}
				return err
			})
		}, "deny erased"},
		"3 opted out by STOP": {"", false, func(p *place, c *sandbox.Phone, _ *chat.Known) { c.Say(p.Number, "STOP"); p.Settle(t) }, "deny opted_out"},
		"3 opted out by the link": {"", false, func(p *place, _ *sandbox.Phone, e *chat.Known) {
			p.post(t, http.DefaultClient, p.stopLink(t, e), url.Values{"what": {"all"}})
		}, "deny opted_out"},
		"3 blocked by the agent": {"", false, func(p *place, _ *sandbox.Phone, e *chat.Known) {
			threads, err := p.Threads.OfContact(t.Context(), p.DB, p.Org.ID, e.ID)
			if err != nil {
				t.Fatal(err)
			}
			p.post(t, p.by(t, user.Agent), "/people/"+e.ID.String()+"/block", url.Values{"conversation": {threads[0].ID.String()}})
		}, "deny opted_out"},
		"4 restricted": {"", false, func(p *place, _ *sandbox.Phone, e *chat.Known) {
			p.Write(t, func(tx store.Tx) error {
				return p.People.SetFlag(t.Context(), tx, p.Org.ID, e.ID, contact.Restricted, true)
			})
		}, "deny restricted"},
		"5 window closed":    {"", true, func(p *place, _ *sandbox.Phone, _ *chat.Known) { p.Clock.Advance(25 * time.Hour) }, "deny window_closed"},
		"6 template paused":  {"pausiert", false, func(*place, *sandbox.Phone, *chat.Known) {}, "deny template_not_usable"},
		"7 no consent":       {"angebot", false, func(*place, *sandbox.Phone, *chat.Known) {}, "deny no_marketing_consent"},
		"7 consent by form":  {"angebot", false, func(p *place, c *sandbox.Phone, _ *chat.Known) { p.agrees(t, c, "marketing") }, "allow ok"},
		"7 only for service": {"angebot", false, func(p *place, c *sandbox.Phone, _ *chat.Known) { p.agrees(t, c, "service") }, "deny no_marketing_consent"},
		"7 stopped at Meta": {"angebot", false, func(p *place, c *sandbox.Phone, _ *chat.Known) {
			p.agrees(t, c, "marketing")
			c.Marketing(p.Number, "stop")
			p.Settle(t)
		}, "deny no_marketing_consent"},
		"7 objected by link": {"angebot", false, func(p *place, c *sandbox.Phone, e *chat.Known) {
			p.agrees(t, c, "marketing")
			p.post(t, http.DefaultClient, p.stopLink(t, e), url.Values{"what": {"object"}})
		}, "deny objected"},
		"7 minor, by agent": {"angebot", false, func(p *place, c *sandbox.Phone, e *chat.Known) {
			p.agrees(t, c, "marketing")
			p.post(t, p.by(t, user.Agent), "/people/"+e.ID.String()+"/consent/withdraw", url.Values{"what": {"minor"}, "sure": {"yes"}})
		}, "deny minor"},
		"7 quiet hours": {"angebot", true, func(p *place, c *sandbox.Phone, _ *chat.Known) {
			p.agrees(t, c, "marketing")
			p.Clock.Advance(11 * time.Hour)
		}, "defer quiet_hours"},
		"7 expired": {"angebot", true, func(p *place, c *sandbox.Phone, _ *chat.Known) {
			p.agrees(t, c, "marketing")
			p.Clock.Set(apptest.Start.AddDate(0, 0, 25*30))
			p.renewAgreement(t)
		}, "deny no_marketing_consent"},
		"8 consent for utility": {"termin", true, func(p *place, c *sandbox.Phone, _ *chat.Known) {
			p.agrees(t, c, "utility")
			p.Clock.Advance(48 * time.Hour)
		}, "allow ok"},
		"8 consent for service": {"termin", true, func(p *place, c *sandbox.Phone, _ *chat.Known) {
			p.agrees(t, c, "service")
			p.Clock.Advance(48 * time.Hour)
		}, "deny no_basis"},
		"8 service, the wording names both": {"termin", true, func(p *place, c *sandbox.Phone, _ *chat.Known) {
			p.post(t, p.SignIn(t, user.Admin), "/consent/purposes/service/text", url.Values{"text_de": {"Antworten und Mitteilungen"}, "text_en": {"Answers and updates"}, "both": {"on"}})
			p.agrees(t, c, "service")
			p.Clock.Advance(48 * time.Hour)
		}, "allow ok"},
		"9 the notice was never delivered": {"termin", true, func(p *place, _ *sandbox.Phone, e *chat.Known) {
			p.Clock.Advance(48 * time.Hour)
			p.recorded(t, e, "utility", "")
		}, "deny notice_not_delivered"},
		"9 the notice was handed over": {"termin", true, func(p *place, _ *sandbox.Phone, e *chat.Known) {
			p.Clock.Advance(48 * time.Hour)
			p.recorded(t, e, "utility", "mit dem Vertrag übergeben")
		}, "allow ok"},
		"9 recorded later how": {"termin", true, func(p *place, _ *sandbox.Phone, e *chat.Known) {
			p.Clock.Advance(48 * time.Hour)
			p.recorded(t, e, "utility", "")
			if _, page := p.post(t, p.by(t, user.Agent), "/people/"+e.ID.String()+"/consent/notice", url.Values{"how": {"am Empfang ausgehändigt"}}); !strings.Contains(page, "Eingetragen.") {
				t.Errorf("recording the notice:\n%s", page)
			}
		}, "allow ok"},
		"3 writes again after STOP": {"", false, func(p *place, c *sandbox.Phone, _ *chat.Known) {
			c.Say(p.Number, "STOP")
			p.Settle(t)
			p.Clock.Advance(time.Minute)
			c.Say(p.Number, "Wann kommt mein Paket?")
			p.Settle(t)
		}, "allow ok"},
		"3 writes again after STOP, and a template": {"termin", false, func(p *place, c *sandbox.Phone, _ *chat.Known) {
			c.Say(p.Number, "STOP")
			p.Settle(t)
			p.Clock.Advance(time.Minute)
			c.Say(p.Number, "Wann kommt mein Paket?")
			p.Settle(t)
		}, "deny opted_out"},
		"3 STOP once more": {"", false, func(p *place, c *sandbox.Phone, _ *chat.Known) {
			for _, words := range []string{"STOP", "Wann kommt mein Paket?", "STOP"} {
				c.Say(p.Number, words)
				p.Settle(t)
				p.Clock.Advance(time.Minute)
			}
		}, "deny opted_out"},
		"8 the conversation is closed": {"", false, func(p *place, _ *sandbox.Phone, e *chat.Known) {
			threads, err := p.Threads.OfContact(t.Context(), p.DB, p.Org.ID, e.ID)
			if err != nil {
				t.Fatal(err)
			}
			p.post(t, p.by(t, user.Agent), "/inbox/"+threads[0].ID.String()+"/close", nil)
		}, "deny no_basis"},
		"9 reply": {"", false, func(*place, *sandbox.Phone, *chat.Known) {}, "allow ok"},
		"11 budget": {"angebot", true, func(p *place, c *sandbox.Phone, _ *chat.Known) {
			p.agrees(t, c, "marketing")
			s := p.Org.Settings
			s.Budget, s.Prices = 1, org.Prices{Marketing: 100}
			p.Write(t, func(tx store.Tx) error { return p.Orgs.SaveSettings(t.Context(), tx, p.Org.ID, s) })
		}, "deny budget"},
	} {
		t.Run(name, func(t *testing.T) {
			p := shared
			if c.alone {
				p = open(t, storetest.SQLite(t))
			}
			n++
			erika, known := p.arrives(t, "Erika Mustermann", fmt.Sprintf("49176040690%02d", n))
			c.prepare(p, erika, known)
			v := p.send(t, known, c.template)
			if got := v.Verdict.Outcome + " " + v.Verdict.Reason; got != c.want {
				t.Errorf("the gate says %q, want %q", got, c.want)
			}
		})
	}
}

// renewAgreement keeps the processor agreement valid in a test that goes two
// years ahead: row 2 is another test.
func (p *place) renewAgreement(t *testing.T) {
	t.Helper()
	p.Write(t, func(tx store.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE channel SET agreement_until = ? WHERE org_id = ?", store.Micros(p.Clock.Now().AddDate(1, 0, 0)), p.Org.ID)
		return err
	})
}

// Row 2: without a published notice no number may send; publishing one on the
// page opens it. An incomplete one is held back with a list.
func TestRow2TheNoticePage(t *testing.T) {
	p := &place{Office: apptest.OpenWith(t, storetest.SQLite(t), apptest.Options{NoNotice: true})}
	_, known := p.arrives(t, "Erika Mustermann", "4917604069001")
	if v := p.send(t, known, ""); v.Verdict.Reason != "number_not_ready" {
		t.Fatalf("without a notice: %+v", v)
	}
	admin := p.SignIn(t, user.Admin)
	form := url.Values{"de-controller": {"Beispiel GmbH, post@beispiel.example"}, "en-controller": {"Beispiel GmbH, post@beispiel.example"}}
	if status, page := p.post(t, admin, "/settings/notice", form); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Hier steht noch nichts") {
		t.Fatalf("an incomplete notice: %d", status)
	}
	form.Set("anyway", "on")
	if status, page := p.post(t, admin, "/settings/notice", form); status != http.StatusOK || !strings.Contains(page, "Veröffentlicht.") {
		t.Fatalf("published anyway: %d\n%s", status, page)
	}
	if v := p.send(t, known, ""); v.Verdict.Reason != "number_not_ready" {
		t.Errorf("with an incomplete notice: %+v", v)
	}
	de, en := p.Notice()
	for locale, text := range map[string]string{"de": de, "en": en} {
		for part, words := range notice.Disassemble(text, notice.Headings(p.Texts[locale].T)) {
			form.Set(locale+"-"+part, words)
		}
	}
	form.Del("anyway")
	if status, page := p.post(t, admin, "/settings/notice", form); status != http.StatusOK || !strings.Contains(page, "Veröffentlicht.") {
		t.Fatalf("a complete notice: %d\n%s", status, page)
	}
	if v := p.send(t, known, ""); v.Verdict.Outcome != "allow" {
		t.Errorf("with a notice: %+v", v)
	}
	if status, page := p.get(t, http.DefaultClient, "/privacy/beispiel?lang=en"); status != http.StatusOK || !strings.Contains(string(page), "<h2>Controller</h2>") {
		t.Errorf("the public page: %d\n%s", status, page)
	}
	if status, page := p.post(t, admin, "/settings/notice/profile", url.Values{"channel": {p.Channel.ID.String()}, "link": {"1"}}); status != http.StatusOK || !strings.Contains(page, "Der Link steht im Profil") {
		t.Errorf("the link in the profile: %d\n%s", status, page)
	}
}

// Row 10: a person who only asked for an opt-in, and did not confirm it, is not
// written to. Row 8 refuses the template for the same reason.
func TestRow10NobodyIsWrittenToFirst(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	var known *chat.Known
	p.Write(t, func(tx store.Tx) error {
		found, err := p.People.Resolve(t.Context(), tx, p.Org.ID, []contact.Sighting{{Phone: "4917604069009", Given: "Max Mustermann"}})
		if err == nil {
			known = found[0]
		}
		return err
	})
	page := "/people/" + known.ID.String() + "/consent"
	invited := func() string {
		t.Helper()
		if _, body := p.post(t, p.by(t, user.Agent), page+"/invite", url.Values{"email": {"max@beispiel.example"}, "purpose": {"utility"}, "note": {"bat am Telefon darum"}}); !strings.Contains(body, "Einladung ist unterwegs") {
			t.Fatalf("the invitation:\n%s", body)
		}
		return regexp.MustCompile(`/opt-in/confirm/[A-Za-z0-9_-]{32}`).FindString(p.mail.Next(t).Body(t))
	}
	code := func(link string) string {
		t.Helper()
		_, clicked := p.post(t, http.DefaultClient, link, nil)
		return regexp.MustCompile(`<code class="mono">([^<]+)`).FindStringSubmatch(clicked)[1]
	}
	link := invited()
	if v := p.send(t, known, "termin"); v.Verdict.Reason != "no_basis" {
		t.Fatalf("before the click: %+v", v)
	}
	words := code(link)
	if v := p.send(t, known, "termin"); v.Verdict.Reason != "no_basis" {
		t.Fatalf("after the click, which proves a mailbox only: %+v", v)
	}
	// What the mailbox holds is a code: it is the consent of whoever sends it, once.
	p.Customer("Erika Mustermann", "4917604069008").Say(p.Number, words)
	p.Settle(t)
	if v := p.send(t, known, "termin"); v.Verdict.Reason != "no_basis" {
		t.Fatalf("after somebody else sent the code: %+v", v)
	}
	guest := p.Customer("Max Mustermann", "4917604069009")
	guest.Say(p.Number, code(invited()))
	p.Settle(t)
	p.Clock.Advance(48 * time.Hour) // the matter that her message opened is over
	if v := p.send(t, known, "termin"); v.Verdict.Outcome != "allow" || v.Verdict.Row != 8 {
		t.Errorf("after her message: %+v", v)
	}
}
