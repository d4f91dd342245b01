package app_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// What the gate refused is kept with its reason, and the log of what staff do
// does not say that it was sent: not for a text, not for a file, a template or
// a question, and not by REST.
func TestWhatWasRefusedIsNotWrittenDownAsDone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		person, thread := o.Person(t, erika), onlyThread(t, o)
		agent := o.SignIn(t, user.Agent)
		conversation := "/inbox/" + thread.ID.String()
		if status, _ := submit(t, o, agent, conversation+"/send", url.Values{"text": {"Guten Tag"}}); status != http.StatusOK {
			t.Fatalf("what may be sent: %d", status)
		}
		o.Clock.Advance(time.Minute) // it can no longer be taken back
		o.Settle(t)
		o.Write(t, func(tx store.Tx) error {
			_, _, err := o.Consents.PublishText(t.Context(), tx, o.Org.ID, "service", "Ja.", "Yes.", false)
			return err
		})
		o.Clock.Advance(25 * time.Hour) // the window is closed
		agent = o.SignIn(t, user.Agent)
		refused := func() int { return o.Count(t, "verdict", "outcome = 'deny' AND phase = 'queue'") }
		kept := refused()
		for name, send := range map[string]func() int{
			"text": func() int {
				status, _ := submit(t, o, agent, conversation+"/send", url.Values{"text": {"Noch da?"}})
				return status
			},
			"buttons": func() int {
				status, _ := submit(t, o, agent, conversation+"/buttons", url.Values{"body": {"Welcher Tag?"}, "button1": {"Montag"}, "button2": {"Dienstag"}})
				return status
			},
			"location": func() int {
				status, _ := submit(t, o, agent, conversation+"/location", url.Values{"latitude": {"52.5"}, "longitude": {"13.4"}})
				return status
			},
			"template": func() int {
				status, _ := submit(t, o, agent, conversation+"/template", url.Values{"name": {"angebot"}, "language": {"de"}, "slot-body-0-1": {"Erika"}})
				return status
			},
			"file": func() int { return sendFile(t, o, agent, conversation+"/file") },
			"question": func() int {
				status, _ := submit(t, o, agent, "/people/"+person.ID.String()+"/consent/ask", url.Values{"purpose": {"service"}})
				return status
			},
			"program": func() int {
				return o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": person.ID.String(), "type": "text", "text": map[string]any{"body": "Noch da?"}}, nil)
			},
		} {
			before := refused()
			if status := send(); status < http.StatusBadRequest {
				t.Errorf("%s: %d", name, status)
			}
			if after := refused(); after != before+1 {
				t.Errorf("%s: %d refusals are kept, want one", name, after-before)
			}
		}
		if kept == refused() {
			t.Error("nothing was refused")
		}
		if got := acts(t, o, audit.Filter{Act: "consent.asked"}); len(got) != 0 {
			t.Errorf("nobody was asked, and the log says: %v", got)
		}
		if got := acts(t, o, audit.Filter{Act: "message.sent"}); len(got) != 1 {
			t.Errorf("one message was sent, and the log says: %v", got)
		}
	})
}

func sendFile(t *testing.T, o *apptest.Office, browser *http.Client, path string) int {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="angebot.pdf"`}, "Content-Type": {"application/pdf"}})
	if err == nil {
		_, err = part.Write([]byte("%PDF-1.7\nBeispiel"))
	}
	if err != nil || form.Close() != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+path, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	status, _ := answerOf(t, browser, r)
	return status
}

// Whatever staff post, and however wrong it is: a door that refuses says nothing
// in the log. The office itself fails the test if one does.
func TestNoDoorThatRefusesSaysDone(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	erika := o.Customer("Erika Mustermann", "4917604069001")
	erika.Say(o.Number, "Guten Tag")
	o.Settle(t)
	person, thread := o.Person(t, erika), onlyThread(t, o)
	var opened cases.Case
	o.Write(t, func(tx store.Tx) (err error) {
		opened, err = o.Cases.Open(t.Context(), tx, o.Org.ID, cases.Request{Contact: person.ID, Kind: cases.Access, Source: "desk"})
		return err
	})
	objects := map[audit.Object]string{audit.Contact: person.ID.String(), audit.Conversation: thread.ID.String(), audit.Message: newest(t, o), audit.Case: opened.ID.String(),
		audit.Other: o.IDs.New().String()}
	holes := regexp.MustCompile(`\{[a-z]+\}`)
	tried := 0
	for _, role := range []user.Role{user.Agent, user.Lead, user.DPO, user.Admin} {
		browser := o.SignIn(t, role)
		for _, route := range o.Audit.Routes() {
			rule, path := route.Rule, route.Path()
			if route.Method() != http.MethodPost || rule.Kind != audit.Change || strings.HasPrefix(path, "/api/") {
				continue
			}
			path = strings.Replace(path, "{id}", objects[rule.Object], 1)
			path = holes.ReplaceAllString(path, "service")
			for _, form := range []url.Values{{}, wrong} {
				before := len(acts(t, o, audit.Filter{Act: rule.Act}))
				status, _ := submit(t, o, browser, path, form)
				if after := len(acts(t, o, audit.Filter{Act: rule.Act})); status >= http.StatusBadRequest && after != before {
					t.Errorf("%s by %s was refused with %d, and the log says %s", route.Pattern, role, status, rule.Act)
				}
				tried++
			}
		}
	}
	if tried < 400 {
		t.Errorf("only %d attempts", tried)
	}
}

func newest(t *testing.T, o *apptest.Office) string {
	t.Helper()
	all, _, err := o.Threads.All(t.Context(), o.DB, o.Org.ID, id.Cursor{}, true, 1)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	return all[0].ID.String()
}

// wrong is a form with something in every field that decides what is done, and
// nothing of it right.
var wrong = url.Values{"text": {"Guten Tag"}, "body": {"x"}, "purpose": {"?"}, "note": {"x"}, "words": {"x"}, "name": {" "}, "reason": {"x"}, "kind": {"?"}, "do": {"?"}, "what": {"?"},
	"as": {"?"}, "to": {"?"}, "until": {"?"}, "later": {"?"}, "conversation": {"?"}, "decision": {"confirm"}, "email": {"?"}, "role": {"?"}, "amount": {"-1"}, "unit": {"?"}, "state": {"?"}}
