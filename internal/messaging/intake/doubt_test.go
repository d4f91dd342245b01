package intake_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/test/apptest"
)

// at is the page of a person's conversation.
func at(t *testing.T, o *apptest.Office, browser *http.Client, path string) string {
	t.Helper()
	resp, err := browser.Get(o.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(path, resp.Status, err)
	}
	return string(page)
}

// Words that smell of a withdrawal hold advertising at once. A click of a
// colleague withdraws, or lifts the hold; both are proven.
func TestUnclearWordsHoldAdvertisingUntilSomebodyAnswers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		agent := o.SignIn(t, user.Agent)
		for i, c := range []struct {
			words, answer, marketing, service string
			stopped                           bool
		}{
			{"Ich möchte das nicht mehr", "advertising", "withdrawn", "granted", false},
			{"Hört auf damit", "nothing", "granted", "granted", false},
			{"das nervt langsam 🙄", "everything", "withdrawn", "withdrawn", true},
		} {
			phone := fmt.Sprintf("4915100003%03d", i)
			post(t, o, apptest.Text("wamid.before."+phone, phone, "Kim", "Hallo", o.Clock.Now().Add(-time.Minute)))
			granted(t, o, byPhone(t, o, phone))
			post(t, o, apptest.Text("wamid.unclear."+phone, phone, "Kim", c.words, o.Clock.Now()))
			post(t, o, apptest.Text("wamid.again."+phone, phone, "Kim", c.words, o.Clock.Now()))
			o.Settle(t)
			p := byPhone(t, o, phone)
			open := must(o.Consents.Doubts(t.Context(), o.DB, o.Org.ID, p.ID))
			if !p.Flags.Held || p.Flags.Halted || p.Flags.OptedOut || p.Flags.Objected || len(open) != 1 || standing(t, o, p)[optin.Marketing] != "granted" {
				t.Fatalf("%s: %+v, %+v", c.words, p.Flags, open)
			}
			var shown struct {
				Held string `json:"held"`
			}
			if o.REST(t, "GET", "/api/v1/contacts/"+p.ID.String(), nil, &shown); shown.Held != "advertising" {
				t.Errorf("%s: REST says that %q is held", c.words, shown.Held)
			}
			thread := must(o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, p.ID))[0].ID.String()
			if !strings.Contains(at(t, o, agent, "/inbox"), "Widerruf?") || !strings.Contains(at(t, o, agent, "/inbox/"+thread), "doubt-"+open[0].ID.String()) {
				t.Errorf("%s: nobody is asked", c.words)
			}
			answer := url.Values{"conversation": {thread}, "doubt": {open[0].ID.String()}, "answer": {c.answer}}
			for range 2 {
				resp, err := agent.PostForm(o.URL+"/people/"+p.ID.String()+"/doubt", answer)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
			}
			p = byPhone(t, o, phone)
			held := standing(t, o, p)
			if p.Flags.Held || p.Flags.OptedOut != c.stopped || p.Flags.Objected != (c.answer != "nothing") || held[optin.Marketing] != c.marketing || held[optin.Service] != c.service {
				t.Errorf("%s, answered with %s: %+v, %v", c.words, c.answer, p.Flags, held)
			}
			if n := o.Count(t, "evidence_entry", "owner_id = ? AND kind = ?", p.ID, "consent.doubt.answered"); n != 1 {
				t.Errorf("%s: the answer is proven %d times", c.words, n)
			}
		}
		o.Settle(t)
	})
}

// Her own clear words answer: nobody has to be asked any more.
func TestClearWordsSettleUnclearOnes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, words := range []string{"STOP", "Keine Werbung mehr"} {
			phone := fmt.Sprintf("4915100004%03d", i)
			post(t, o, apptest.Text("wamid.1."+phone, phone, "Kim", "Das reicht jetzt, ihr nervt", o.Clock.Now()))
			if p := byPhone(t, o, phone); !p.Flags.Held {
				t.Fatalf("%+v", p.Flags)
			}
			post(t, o, apptest.Text("wamid.2."+phone, phone, "Kim", words, o.Clock.Now()))
			p := byPhone(t, o, phone)
			if open := must(o.Consents.Doubts(t.Context(), o.DB, o.Org.ID, p.ID)); p.Flags.Held || len(open) != 0 || !p.Flags.Objected {
				t.Errorf("%s: %+v, %+v", words, p.Flags, open)
			}
		}
		o.Settle(t)
	})
}

// A STOP that we heard before a later START or consent, and act on after it, does
// not undo it and is not lost: it holds, and a colleague is asked.
func TestAStopThatIsActedOnLateHoldsAndAsks(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const agreed, started, ads = "4915100005001", "4915100005002", "4915100005003"
		for _, phone := range []string{agreed, started, ads} {
			post(t, o, apptest.Text("wamid.before."+phone, phone, "Kim", "Hallo", o.Clock.Now()))
		}
		mend := stumble(t, o)
		for phone, words := range map[string]string{agreed: "STOP", started: "STOP", ads: "Keine Werbung mehr"} {
			post(t, o, apptest.Text("wamid.late."+phone, phone, "Kim", words, o.Clock.Now()))
		}
		exec(t, o, mend...)
		o.Clock.Advance(3 * time.Hour)
		granted(t, o, byPhone(t, o, agreed)) // an hour ago
		granted(t, o, byPhone(t, o, ads))
		post(t, o, apptest.Text("wamid.start", started, "Kim", "START", o.Clock.Now()))
		if err := o.Intake.Apply(t.Context(), o.Org.ID, store.Alone{}); err != nil {
			t.Fatal(err)
		}
		o.Settle(t)
		for phone, all := range map[string]bool{agreed: true, started: true, ads: false} {
			p := byPhone(t, o, phone)
			open := must(o.Consents.Doubts(t.Context(), o.DB, o.Org.ID, p.ID))
			if !p.Flags.Held || p.Flags.Halted != all || p.Flags.OptedOut || p.Flags.Objected || len(open) != 1 || open[0].Why != optin.Late {
				t.Errorf("%s: %+v, %+v", phone, p.Flags, open)
			}
		}
		if held := standing(t, o, byPhone(t, o, agreed)); held[optin.Service] != "granted" || held[optin.Marketing] != "granted" {
			t.Errorf("what she agreed to since: %v", held)
		}
		if status := o.REST(t, "POST", "/api/v1/messages", map[string]any{"contact_id": byPhone(t, o, started).ID.String(), "type": "text", "text": map[string]any{"body": "Hallo"}}, nil); status != http.StatusForbidden {
			t.Errorf("while everything is held, a message was answered %d", status)
		}
		post(t, o, apptest.Text("wamid.start2", started, "Kim", "START", o.Clock.Now()))
		if p := byPhone(t, o, started); p.Flags.Halted || !p.Flags.Held {
			t.Errorf("after another START: %+v", p.Flags)
		}
		o.Settle(t)
	})
}

// STOP counts as an objection to advertising too; START lets answers through and
// revives neither a consent nor what she objected to.
func TestAStartRevivesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const phone = "4915100006001"
		post(t, o, apptest.Text("wamid.1", phone, "Kim", "Hallo", o.Clock.Now()))
		granted(t, o, byPhone(t, o, phone))
		post(t, o, apptest.Text("wamid.2", phone, "Kim", "STOP", o.Clock.Now()))
		post(t, o, apptest.Text("wamid.3", phone, "Kim", "START", o.Clock.Now()))
		o.Settle(t)
		p := byPhone(t, o, phone)
		if p.Flags.OptedOut || !p.Flags.Objected {
			t.Errorf("%+v", p.Flags)
		}
		for purpose, state := range standing(t, o, p) {
			if state != "withdrawn" {
				t.Errorf("%s is %s", purpose, state)
			}
		}
	})
}

// She is answered in the language of her words, unless somebody has set another.
func TestTheAnswerSpeaksHerLanguage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, c := range []struct{ phone, set, words, answer string }{
			{"4915100007001", "", "Please stop sending me offers", "Done: no more advertising by WhatsApp."},
			{"447700900002", "", "Bitte keine Werbung mehr", "Erledigt: Über WhatsApp bekommen Sie keine Werbung mehr."},
			{"447700900003", "de", "No more advertising", "Erledigt: Über WhatsApp bekommen Sie keine Werbung mehr."},
			{"447700900004", "", "STOP", "Done: Beispiel GmbH will not write to you by WhatsApp any more"},
			{"4915100007005", "", "STOP", "Erledigt: Beispiel GmbH schreibt Ihnen über WhatsApp nicht mehr."},
		} {
			post(t, o, apptest.Text(fmt.Sprint("wamid.before.", i), c.phone, "Kim", "Hallo", o.Clock.Now()))
			if c.set != "" {
				o.Write(t, func(tx store.Tx) error {
					return o.People.SetLocale(t.Context(), tx, o.Org.ID, byPhone(t, o, c.phone).ID, c.set)
				})
			}
			post(t, o, apptest.Text(fmt.Sprint("wamid.", i), c.phone, "Kim", c.words, o.Clock.Now()))
			o.Settle(t)
			thread := must(o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, byPhone(t, o, c.phone).ID))[0]
			all, _, err := o.Threads.Page(t.Context(), o.DB, o.Org.ID, thread.ID, conversation.Place{}, 50)
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, m := range all {
				if m.Outgoing && m.Body.Content.Text != nil {
					said += m.Body.Content.Text.Body + "\n"
				}
			}
			if !strings.Contains(said, c.answer) {
				t.Errorf("%s, %q: answered %q", c.phone, c.words, said)
			}
		}
	})
}
