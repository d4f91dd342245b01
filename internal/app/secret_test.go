package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/sandbox"
)

// eyes is everything that staff and programs can read of a conversation.
func eyes(t *testing.T, o *apptest.Office, typed string) map[string]string {
	t.Helper()
	agent, officer := visitor{t, o, o.SignIn(t, user.Agent)}, visitor{t, o, o.SignIn(t, user.DPO)}
	seen := map[string]string{}
	look := func(v visitor, paths ...string) {
		for _, path := range paths {
			status, page := v.get(path)
			if status != http.StatusOK {
				t.Fatalf("%s was answered %d", path, status)
			}
			seen[path] = page
		}
	}
	var threads struct{ Items []struct{ ID string } }
	o.REST(t, http.MethodGet, "/api/v1/conversations", nil, &threads)
	look(agent, "/inbox", "/inbox/"+threads.Items[0].ID, "/fragments/conversation/"+threads.Items[0].ID, "/fragments/queue",
		"/search?q="+url.QueryEscape(typed), "/fragments/search?q="+url.QueryEscape(typed), "/fragments/palette?q="+url.QueryEscape(typed))
	look(officer, "/desk/audit", "/desk/archive")
	for _, path := range []string{"/api/v1/conversations", "/api/v1/messages", "/api/v1/contacts"} {
		var raw json.RawMessage
		if status := o.REST(t, http.MethodGet, path, nil, &raw); status != http.StatusOK {
			t.Fatalf("%s was answered %d", path, status)
		}
		seen[path] = string(raw)
	}
	return seen
}

// hidden fails the test if a secret stands where staff or programs read.
func hidden(t *testing.T, o *apptest.Office, secret string) {
	t.Helper()
	if secret == "" {
		t.Fatal("there is no secret to look for")
	}
	for where, text := range eyes(t, o, secret) {
		// A page of the search repeats what was typed.
		if strings.Contains(strings.ReplaceAll(text, `value="`+secret+`"`, ""), secret) && !strings.Contains(where, "?q=") {
			t.Errorf("%s shows the secret %s", where, secret)
		}
		if strings.Contains(where, "?q=") && strings.Contains(text, "/inbox/") && strings.Contains(text, "mark>") {
			t.Errorf("%s finds a message by the secret %s", where, secret)
		}
	}
}

// A code for the portal is for the person: it arrives on her phone, and nobody
// else reads it, whether it was delivered or not.
func TestACodeIsReadByThePersonOnly(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		ask := func() {
			before := o.Count(t, "message", "outgoing = ?", true)
			newVisitor(t, o).post("/portal/beispiel/code", url.Values{"number": {"+49 176 04069001"}})
			o.Until(t, "the code is on its way", func() bool { return o.Count(t, "message", "outgoing = ?", true) > before })
			o.Settle(t)
		}
		ask()
		code := codes.FindString(lastText(o, erika))
		hidden(t, o, code)
		if n := o.Count(t, "outbox", ""); n != 0 {
			t.Errorf("%d messages are still in the queue", n)
		}

		// Outside the window it goes as a template.
		o.Clock.Advance(25 * time.Hour)
		ask()
		second := codes.FindString(lastText(o, erika))
		if second == code {
			t.Fatalf("no second code came: %s", lastText(o, erika))
		}
		hidden(t, o, second)
		v := newVisitor(t, o)
		if _, page := v.post("/portal/beispiel/enter", url.Values{"number": {"+4917604069001"}, "code": {second}}); !strings.Contains(page, "Erika") {
			t.Fatal("the code that the person got does not open the portal")
		}
		for name, text := range takes(t, v, "access") {
			if strings.Contains(text, second) || strings.Contains(text, code) {
				t.Errorf("%s of the package shows a code", name)
			}
		}

		// It is hidden also while nobody knows whether it arrived, and cannot be
		// sent once more: what was secret is gone.
		o.Clock.Advance(2 * time.Hour)
		o.Fault(t, sandbox.Fault{Kind: "lost_request", Count: 1})
		ask()
		if n := o.Count(t, "outbox", "state = ? AND secret IS NULL", "uncertain"); n != 1 {
			t.Errorf("%d uncertain messages without their secret, want 1", n)
		}
		agent := visitor{t, o, o.SignIn(t, user.Agent)}
		var all struct{ Items []struct{ ID, Status string } }
		o.REST(t, http.MethodGet, "/api/v1/messages", nil, &all)
		was := o.Count(t, "message", "outgoing = ?", true)
		for _, m := range all.Items {
			if m.Status == "uncertain" {
				agent.post("/messages/"+m.ID+"/again", nil)
			}
		}
		if o.Count(t, "message", "outgoing = ?", true) != was {
			t.Error("staff sent a code once more")
		}
	})
}

// A code that could not leave in its time never does, and is forgotten.
func TestACodeThatIsOverDoesNotLeave(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		o.Fault(t, sandbox.Fault{Kind: "error", Code: 131016, Count: 1000}) // refused before processing: again soon
		newVisitor(t, o).post("/portal/beispiel/code", url.Values{"number": {"+49 176 04069001"}})
		o.Until(t, "the code was tried and waits", func() bool { return o.Count(t, "outbox", "secret IS NOT NULL AND state = 'deferred'") == 1 })
		o.Clock.Advance(11 * time.Minute)
		o.Expire(t.Context())
		if o.Count(t, "outbox", "secret IS NOT NULL") != 0 {
			t.Error("a code that is over is still kept")
		}
		o.Sandbox.ClearFaults()
		o.Until(t, "the code is given up", func() bool {
			o.Clock.Advance(100 * time.Millisecond) // until it is tried again
			return o.Count(t, "message", "state = ? AND reason = ?", "cancelled", "secret_over") == 1
		})
		if codes.MatchString(lastText(o, erika)) || o.Count(t, "outbox", "") != 0 {
			t.Errorf("a code that is over left all the same: %s", lastText(o, erika))
		}
		agent := visitor{t, o, o.SignIn(t, user.Agent)}
		if _, page := agent.get("/inbox"); strings.Contains(page, "reason.secret_over") {
			t.Error("the inbox has no words for it")
		}
	})
}

// The links by which a person shows who she is are hers, too.
func TestALinkIsReadByThePersonOnly(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Meine Daten")
		o.Settle(t)
		link := ""
		o.Until(t, "the link is there", func() bool { link = links.FindString(lastText(o, erika)); return link != "" })
		hidden(t, o, link[strings.LastIndex(link, "/")+1:])

		// The officer asks whether a request is really hers.
		officer := visitor{t, o, o.SignIn(t, user.DPO)}
		officer.post("/desk/cases", url.Values{"kind": {"erase"}, "person": {"Mustermann"}, "source": {"e_mail"}, "text": {"Bitte löschen"}})
		cases, err := o.Cases.OfContact(t.Context(), o.DB, o.Org.ID, o.Person(t, erika).ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			if c.Source == "e_mail" {
				officer.post("/desk/cases/"+c.ID.String()+"/code", url.Values{"way": {"whatsapp"}})
			}
		}
		o.Settle(t)
		second := links.FindString(lastText(o, erika))
		if second == "" || second == link {
			t.Fatalf("no second link came: %q", lastText(o, erika))
		}
		hidden(t, o, second[strings.LastIndex(second, "/")+1:])
	})
}

// A company's own one-time codes go by a template of the category
// "authentication"; what fills it in is secret, too.
func TestACodeOfTheCompanysOwnIsReadByThePersonOnly(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		body := map[string]any{"contact_id": o.Person(t, erika).ID.String(), "type": "template", "reason": "automation", "template": map[string]any{"name": "code", "language": map[string]any{"code": "de"},
			"components": []any{map[string]any{"type": "body", "parameters": []any{map[string]any{"type": "text", "text": "739154"}}},
				map[string]any{"type": "button", "sub_type": "url", "index": 0, "parameters": []any{map[string]any{"type": "text", "text": "739154"}}}}}}
		if status := o.REST(t, http.MethodPost, "/api/v1/messages", body, nil); status != http.StatusAccepted {
			t.Fatalf("a code of the company's own was answered %d", status)
		}
		o.Settle(t)
		if !strings.Contains(lastText(o, erika), "739154") {
			t.Fatalf("the code did not arrive: %s", lastText(o, erika))
		}
		hidden(t, o, "739154")
		// What cannot be hidden does not go out as a code.
		for kind, content := range map[string]any{
			"interactive": map[string]any{"type": "button", "body": map[string]any{"text": "Ihr Code 654321"}, "action": map[string]any{"buttons": []any{map[string]any{"type": "reply", "reply": map[string]any{"id": "x", "title": "Ja"}}}}},
			"location":    map[string]any{"latitude": 52.5, "longitude": 13.4, "name": "Code 654321"},
		} {
			body := map[string]any{"contact_id": o.Person(t, erika).ID.String(), "type": kind, kind: content, "category": "authentication"}
			if status := o.REST(t, http.MethodPost, "/api/v1/messages", body, nil); status != http.StatusUnprocessableEntity {
				t.Errorf("a code as %s was answered %d", kind, status)
			}
		}
	})
}

// What happens in the portal in a person's name stands in the audit log, with
// the account that is signed in in the same browser.
func TestThePortalLeavesATrace(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		agent := visitor{t, o, o.SignIn(t, user.Agent)}
		agent.post("/portal/beispiel/code", url.Values{"number": {"+49 176 04069001"}})
		code := ""
		o.Until(t, "the code is there", func() bool { code = codes.FindString(lastText(o, erika)); return code != "" })
		who := o.Person(t, erika).ID
		v := newVisitor(t, o)
		v.post("/portal/beispiel/enter", url.Values{"number": {"+4917604069001"}, "code": {code}})
		takes(t, v, "access")
		v.post("/portal/beispiel/do/erase", nil)
		acts := map[string]bool{}
		entries, err := o.Audit.Read(t.Context(), o.DB, o.Org.ID, audit.Filter{Contact: who, Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Altered {
				t.Errorf("the evidence log says something else of %s", e.Act)
			}
			if staff := e.By.ID != id.ID(who); staff != (e.Act == "portal.asked") {
				t.Errorf("%s was written down as done by staff: %t", e.Act, staff)
			}
			acts[e.Act] = true
		}
		for _, want := range []string{"portal.asked", "portal.entered", "portal.exported", "portal.changed"} {
			if !acts[want] {
				t.Errorf("there is no trace of %s", want)
			}
		}
		if _, page := (visitor{t, o, o.SignIn(t, user.DPO)}).get("/desk/audit"); !strings.Contains(page, "Code für das Portal angefordert") {
			t.Error("the officer does not see it")
		}
	})
}
