package outbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/sandbox"
)

func (d *desk) settings(t *testing.T, change func(*org.Settings)) {
	t.Helper()
	d.Write(t, func(tx store.Tx) error {
		o, err := d.Orgs.Get(t.Context(), tx, d.Org.ID)
		if err != nil {
			return err
		}
		change(&o.Settings)
		return d.Orgs.SaveSettings(t.Context(), tx, d.Org.ID, o.Settings)
	})
}

// ask asks for any message and gives the verdict in a word.
func (d *desk) ask(t *testing.T, body map[string]any) string {
	t.Helper()
	all := map[string]any{"contact_id": d.person, "type": "text", "text": map[string]any{"body": "Guten Tag"}}
	if body["type"] != nil {
		delete(all, "text")
	}
	for k, v := range body {
		all[k] = v
	}
	var a answer
	d.REST(t, http.MethodPost, "/api/v1/messages", all, &a)
	return a.Verdict.Outcome + " " + a.Verdict.Reason
}

// filled is a template with one value.
func filled(name, reason string) map[string]any {
	value := []any{map[string]any{"type": "text", "text": "Erika"}}
	parts := []any{map[string]any{"type": "body", "parameters": value}}
	if name == "code" { // the same once more in its button
		parts = append(parts, map[string]any{"type": "button", "sub_type": "url", "index": "0", "parameters": value})
	}
	return map[string]any{"type": "template", "reason": reason, "template": map[string]any{"name": name, "language": map[string]any{"code": "de"}, "components": parts}}
}

// linked puts a template at Meta that brings the notice, and one that is a
// survey.
func (d *desk) linked(t *testing.T) {
	t.Helper()
	d.Sandbox.AddTemplate(apptest.WABA, sandbox.Template{Name: "hinweis", Language: "de", Category: "UTILITY",
		Components: fmt.Appendf(nil, `[{"type":"BODY","text":"Guten Tag {{1}}, Ihr Auftrag ist fertig."},{"type":"BUTTONS","buttons":[{"type":"URL","text":"Datenschutz","url":"%s"}]}]`, notice.Address(d.URL, d.Org.Slug))})
	d.Sandbox.AddTemplate(apptest.WABA, sandbox.Template{Name: "umfrage", Language: "de", Category: "UTILITY",
		Components: []byte(`[{"type":"BODY","text":"Guten Tag {{1}}, wie zufrieden waren Sie? Antworten Sie mit STOP, wenn Sie das nicht mehr möchten."}]`)})
	if err := d.Sync.All(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) agrees(t *testing.T, purpose string) {
	t.Helper()
	person, err := id.Parse[id.Person](d.person)
	if err != nil {
		t.Fatal(err)
	}
	d.Agree(t, person, purpose)
}

// shown is what the customer's phone shows last.
func (d *desk) reads(t *testing.T) string {
	t.Helper()
	d.Settle(t)
	all := d.erika.Messages(d.Number)
	var c struct{ Body, Caption string }
	if err := json.Unmarshal(all[len(all)-1].Content, &c); err != nil {
		t.Fatal(err)
	}
	return c.Body + c.Caption
}

// Advertising is what UWG means: it needs consent and tells how to stop.
func TestRow07AdvertisingThroughTheDoors(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		d.linked(t)
		want := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
		d.Write(t, func(tx store.Tx) error {
			return d.Work.SaveQuickReply(t.Context(), tx, d.Org.ID, assignment.QuickReply{Shortcut: "aktion", Body: "10 % auf alles", Advertising: true})
		})
		agent, admin := d.SignIn(t, user.Agent), d.SignIn(t, user.Admin)
		threads, err := d.Threads.Of(t.Context(), d.DB, d.Org.ID, mustPerson(t, d.person))
		if err != nil || len(threads) != 1 {
			t.Fatal(threads, err)
		}
		to := "/inbox/" + threads[0].String() + "/send"
		want("a reply", d.ask(t, nil), "allow ok")
		want("a reply that advertises", d.ask(t, map[string]any{"advertising": true}), "deny no_marketing_consent")
		want("from the composer", d.posts(t, agent, to, "text", "10 % auf alles", "advertising", "1"), "409")
		want("by a quick reply that advertises", d.posts(t, agent, to, "text", "10 % auf alles", "quick", "aktion"), "409")
		want("by another", d.posts(t, agent, to, "text", "Guten Tag", "quick", "gruss"), "200")
		want("a survey", d.ask(t, filled("umfrage", "reply")), "allow ok")
		want("marking it", d.posts(t, admin, "/settings/templates", "waba", apptest.WABA, "name", "umfrage", "language", "de", "advertising", "1"), "200")
		if err := d.Sync.All(t.Context()); err != nil {
			t.Fatal(err)
		}
		want("a survey that the organisation marked, after Meta was read again", d.ask(t, filled("umfrage", "reply")), "deny no_marketing_consent")

		d.agrees(t, optin.Marketing)
		want("with consent", d.ask(t, map[string]any{"advertising": true}), "allow ok")
		if got := d.reads(t); !strings.HasSuffix(got, "Antworten Sie mit STOP.") {
			t.Errorf("she reads %q", got)
		}
		want("the survey with consent", d.ask(t, filled("umfrage", "reply")), "allow ok")
		want("a place has no room for the line", d.ask(t, map[string]any{"type": "location", "location": map[string]any{"latitude": 52.5, "longitude": 13.3}, "advertising": true}), "deny no_room")
		d.erika.Say(d.Number, "STOP WERBUNG")
		d.Settle(t)
		want("after an objection", d.ask(t, map[string]any{"advertising": true}), "deny objected")
		want("which does not stop answers", d.ask(t, nil), "allow ok")
	})
}

func mustPerson(t *testing.T, text string) id.Person {
	t.Helper()
	at, err := id.Parse[id.Person](text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// posts posts a form as a script does and gives the status.
func (d *desk) posts(t *testing.T, who *http.Client, path string, fields ...string) string {
	t.Helper()
	form := strings.Builder{}
	for i := 0; i < len(fields); i += 2 {
		fmt.Fprintf(&form, "%s=%s&", fields[i], strings.ReplaceAll(strings.ReplaceAll(fields[i+1], "%", "%25"), " ", "+"))
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+path, strings.NewReader(form.String()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Fragment", "1")
	answer, err := who.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return fmt.Sprint(answer.StatusCode)
}

// What failed and is sent again stays what it was.
func TestAdvertisingStaysAdvertisingWhenSentAgain(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		d.agrees(t, optin.Marketing)
		if got := d.ask(t, nil); got != "allow ok" { // brings the notice
			t.Fatal(got)
		}
		d.Settle(t)
		d.Fault(t, sandbox.Fault{Kind: "error", Code: 131026, Count: 1})
		if got := d.ask(t, map[string]any{"advertising": true, "ai": true}); got != "allow ok" {
			t.Fatal(got)
		}
		d.Settle(t)
		all, _, err := d.Threads.All(t.Context(), d.DB, d.Org.ID, id.Cursor{}, true, 5)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(m chat.Message) bool { return m.State == chat.Failed })
		if i < 0 {
			t.Fatalf("nothing failed: %+v", all)
		}
		d.Clock.Advance(time.Minute)
		d.erika.Say(d.Number, "STOP WERBUNG")
		d.Settle(t)
		d.Write(t, func(tx store.Tx) error {
			q, err := d.Outbox.Again(t.Context(), tx, d.Org.ID, all[i].ID, id.Account(d.IDs.New()))
			if q.Verdict.Reason != gate.ReasonObjected {
				t.Errorf("sent again: %+v", q.Verdict)
			}
			return err
		})
	})
}

// S10: a matter ends with the conversation or some days after her last message,
// and outside the window only a colleague answers it.
func TestS10AMatterEnds(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		d.linked(t)
		d.settings(t, func(s *org.Settings) { s.MatterDays = 10 })
		at := func(day int, reason, want string) {
			t.Helper()
			d.Clock.Set(apptest.Start.AddDate(0, 0, day).Add(-time.Minute))
			if got := d.ask(t, filled("hinweis", reason)); got != want {
				t.Errorf("day %d, %s: %s, want %s", day, reason, got, want)
			}
		}
		at(1, "automation", "allow ok")
		at(1, "agent_initiated", "deny no_basis")
		at(1, "campaign", "deny no_basis")
		at(9, "automation", "deny no_basis")
		at(9, "reply", "allow ok")
		at(11, "reply", "deny no_basis")
		before := d.standing(t)
		d.Clock.Set(apptest.Start.AddDate(0, 0, 40))
		d.erika.Say(d.Number, "Noch etwas")
		d.Settle(t)
		if after := d.standing(t); after.Matter == before.Matter || after.Matter.IsZero() {
			t.Errorf("after 40 days of silence her message opened no matter: %v, %v", before.Matter, after.Matter)
		}
		if got := d.ask(t, nil); got != "allow ok" {
			t.Errorf("the answer to it: %s", got)
		}
	})
}

func (d *desk) standing(t *testing.T) chat.Standing {
	t.Helper()
	s, err := d.Threads.Standing(t.Context(), d.DB, d.Org.ID, mustPerson(t, d.person), d.Channel.ID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Art. 13, 14: the first message outside the window brings the notice; the next
// need not.
func TestRow09TheFirstTemplateBringsTheNotice(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		d.linked(t)
		d.agrees(t, optin.Utility)
		d.Clock.Advance(48 * time.Hour)
		if got := d.ask(t, filled("umfrage", "agent_initiated")); got != "deny notice_not_delivered" {
			t.Errorf("without the link: %s", got)
		}
		if got := d.ask(t, filled("code", "automation")); got != "allow ok" {
			t.Errorf("a code: %s", got)
		}
		if got := d.ask(t, filled("hinweis", "agent_initiated")); got != "allow ok" {
			t.Errorf("with the link: %s", got)
		}
		d.Settle(t)
		if n := d.Count(t, "notice_delivery", "contact_id = ? AND state = 'sent'", mustPerson(t, d.person)); n != 1 {
			t.Errorf("%d deliveries are noted", n)
		}
		if got := d.ask(t, filled("umfrage", "agent_initiated")); got != "allow ok" {
			t.Errorf("the next: %s", got)
		}
	})
}

// S22: replies cost too; the organisation may let those pass that customers
// wait for.
func TestRow11EveryMessageCosts(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		d.settings(t, func(s *org.Settings) { s.Budget, s.Prices = 100, org.Prices{Service: 60, Free: new(int64)} })
		for i, want := range []string{"allow ok", "deny budget"} {
			if got := d.ask(t, nil); got != want {
				t.Errorf("reply %d: %s, want %s", i+1, got, want)
			}
			d.Settle(t)
		}
		d.settings(t, func(s *org.Settings) { s.Overdraw = true })
		if got := d.ask(t, nil); got != "allow ok" {
			t.Errorf("a reply that may overdraw: %s", got)
		}
		if got := d.ask(t, map[string]any{"reason": "automation"}); got != "deny budget" {
			t.Errorf("an automatic one: %s", got)
		}
		d.settings(t, func(s *org.Settings) { s.Overdraw = false })
		d.Settle(t)
		for _, words := range []string{"DATEN", "STOP"} {
			before := len(d.erika.Messages(d.Number))
			d.erika.Say(d.Number, words)
			d.Settle(t)
			if after := len(d.erika.Messages(d.Number)); after != before+2 {
				t.Errorf("%s was not answered: %d messages more", words, after-before)
			}
		}
	})
}

// AI Act Art. 50(1).
func TestRow12AMachineSaysSo(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		if got := d.ask(t, map[string]any{"ai": true, "reason": "automation"}); got != "allow ok" {
			t.Fatal(got)
		}
		if got := d.reads(t); !strings.HasPrefix(got, "Hier antwortet eine KI.\n\nGuten Tag") {
			t.Errorf("she reads %q", got)
		}
		if got := d.ask(t, map[string]any{"ai": true, "type": "location", "location": map[string]any{"latitude": 52.5, "longitude": 13.3}}); got != "deny no_room" {
			t.Errorf("a place: %s", got)
		}
		d.linked(t)
		if got := d.ask(t, func() map[string]any { b := filled("hinweis", "automation"); b["ai"] = true; return b }()); got != "deny template_not_usable" {
			t.Errorf("a template that does not say so: %s", got)
		}
	})
}

// S12: a system duty waits for no notice, everything else does.
func TestS12DutiesWaitForNoNotice(t *testing.T) {
	each(t, apptest.Options{NoNotice: true}, func(t *testing.T, d *desk) {
		if got := d.ask(t, nil); got != "deny number_not_ready" {
			t.Errorf("a reply: %s", got)
		}
		for _, words := range []string{"DATEN", "STOP"} {
			before := len(d.erika.Messages(d.Number))
			d.erika.Say(d.Number, words)
			d.Settle(t)
			if after := len(d.erika.Messages(d.Number)); after != before+2 {
				t.Errorf("%s was not answered: %d messages more: %+v", words, after-before, d.erika.Messages(d.Number)[before:])
			}
		}
	})
}

// S12: when the check of its parts grows, a version that was complete goes on
// for 30 days; one that never was does not send.
func TestS12GraceWhenTheCheckGrows(t *testing.T) {
	each(t, apptest.Options{NoNotice: true}, func(t *testing.T, d *desk) {
		d.Write(t, func(tx store.Tx) error {
			_, err := d.Notices.Publish(t.Context(), tx, d.Org.ID, "So gehen wir mit Daten um.", "How we handle data.", true)
			return err
		})
		recheck := func() {
			t.Helper()
			if err := d.Notices.RecheckAll(t.Context(), d.DB, d.Orgs.IDs); err != nil {
				t.Fatal(err)
			}
		}
		recheck()
		if got := d.ask(t, nil); got != "deny number_not_ready" {
			t.Errorf("never complete: %s", got)
		}
		d.Write(t, func(tx store.Tx) error { // as if the check had asked for less then
			_, err := tx.Exec(t.Context(), "UPDATE notice SET passed = 1 WHERE org_id = ?", d.Org.ID)
			return err
		})
		recheck()
		short, until, err := d.Notices.Short(t.Context(), d.DB, d.Org.ID)
		if left := until.Sub(d.Clock.Now()); err != nil || short.IsZero() || left > notice.Grace || left < notice.Grace-time.Minute {
			t.Errorf("short %v until %v, %v", short, until, err)
		}
		if got := d.ask(t, nil); got != "allow ok" {
			t.Errorf("in its grace: %s", got)
		}
		d.Clock.Advance(notice.Grace)
		recheck()
		d.erika.Say(d.Number, "Hallo?")
		d.Settle(t)
		if got := d.ask(t, nil); got != "deny number_not_ready" {
			t.Errorf("after its grace: %s", got)
		}
		de, en := d.Notice()
		d.Write(t, func(tx store.Tx) error {
			_, err := d.Notices.Publish(t.Context(), tx, d.Org.ID, de, en, true)
			return err
		})
		if got := d.ask(t, nil); got != "allow ok" {
			t.Errorf("complete: %s", got)
		}
	})
}

// Row 3: a word after STOP in the same webhook, and after a merge.
func TestRow03AfterStop(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		for _, words := range []string{"STOP", "Wann kommt mein Paket?"} {
			d.erika.Say(d.Number, words)
			d.Clock.Advance(time.Second)
		}
		d.Settle(t)
		person := mustPerson(t, d.person)
		if got := d.ask(t, nil); got != "allow ok" {
			t.Errorf("she asked something: %s", got)
		}
		if got := d.ask(t, map[string]any{"reason": "automation"}); got != "deny opted_out" {
			t.Errorf("a machine: %s", got)
		}
		if got := d.ask(t, map[string]any{"advertising": true}); got != "deny opted_out" {
			t.Errorf("advertising: %s", got)
		}
		if n := d.Count(t, "opt_out", "contact_id = ?", person); n != 1 {
			t.Errorf("%d STOPs stand", n)
		}
		d.Write(t, func(tx store.Tx) error {
			return d.People.SetFlag(t.Context(), tx, d.Org.ID, person, contact.Blocked, true)
		})
		if got := d.ask(t, nil); got != "deny opted_out" {
			t.Errorf("blocked: %s", got)
		}
	})
}

// Art. 18(2): a message to which she consented in spite of a restriction goes
// out, with the proof; the next one does not.
func TestRow04AUseToWhichSheConsented(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		person := mustPerson(t, d.person)
		d.Write(t, func(tx store.Tx) error {
			return d.People.SetFlag(t.Context(), tx, d.Org.ID, person, contact.Restricted, true)
		})
		if got := d.ask(t, map[string]any{"consented": "  "}); got != "deny restricted" {
			t.Errorf("nothing was said: %s", got)
		}
		before := len(d.shown())
		if got := d.ask(t, map[string]any{"consented": "am Telefon, 30.11., 10 Uhr"}); got != "allow ok" {
			t.Errorf("she agreed: %s", got)
		}
		d.Settle(t)
		if after := len(d.shown()); after != before+2 { // the notice goes first
			t.Errorf("%d messages came", after-before)
		}
		if n := d.Count(t, "evidence_entry", "owner_id = ? AND kind = 'use.consented'", person); n != 1 {
			t.Errorf("%d proofs", n)
		}
		if got := d.ask(t, nil); got != "deny restricted" {
			t.Errorf("the next: %s", got)
		}
	})
}
