package app_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	index "einklang/internal/messaging/search"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// press posts a form of the inbox as a script does and gives the status.
func press(t *testing.T, o *apptest.Office, c *http.Client, path string, form url.Values) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Fragment", "1")
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func thread(t *testing.T, o *apptest.Office, person id.Person) conversation.Summary {
	t.Helper()
	all, err := o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, person)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d conversations, %v", len(all), err)
	}
	return all[0]
}

func finds(t *testing.T, o *apptest.Office, words string) int {
	t.Helper()
	page, err := o.App.Search.Find(t.Context(), o.DB, o.Org.ID, index.Query{Text: words}, 50)
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Messages)
}

// TestTheComposer: what is sent from the page can be taken back for some
// seconds, with the notice that would have gone before it; what is found is
// what is there; two entries for one person become one.
func TestTheComposer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		agent := o.SignIn(t, user.Agent)
		ada := o.Customer("Ada Beispiel", "4917604069021")
		said := ada.Say(o.Number, "Grüße aus Köln")
		o.Settle(t)
		who := o.Person(t, ada)
		at := thread(t, o, who.ID)

		if status := press(t, o, agent, "/inbox/"+at.ID.String()+"/draft", url.Values{"text": {"halb fertig"}}); status != http.StatusNoContent {
			t.Errorf("a draft is answered with %d", status)
		}
		if n := o.Count(t, "draft", "contact_id = ?", who.ID); n != 1 {
			t.Errorf("%d drafts", n)
		}
		if status := press(t, o, agent, "/inbox/"+at.ID.String()+"/send", url.Values{"text": {"Das war zu früh"}}); status != http.StatusOK {
			t.Errorf("sending is answered with %d", status)
		}
		if n := o.Count(t, "draft", "contact_id = ?", who.ID); n != 0 {
			t.Errorf("%d drafts after sending", n)
		}
		for _, m := range queued(t, o, at.ID) {
			if status := press(t, o, agent, "/messages/"+m.ID.String()+"/undo", nil); status != http.StatusOK {
				t.Errorf("taking back is answered with %d", status)
			}
		}
		o.Clock.Advance(time.Minute)
		press(t, o, agent, "/inbox/"+at.ID.String()+"/send", url.Values{"text": {"Guten Tag aus Berlin"}})
		o.Clock.Advance(10 * time.Second)
		o.Until(t, "the second text is with the customer", func() bool { return len(fromUs(o, ada.ID)) == 2 })
		for _, m := range fromUs(o, ada.ID) {
			if strings.Contains(string(m.Content), "zu früh") {
				t.Error("what was taken back went out")
			}
		}
		o.Settle(t)
		if status := press(t, o, agent, "/messages/"+lastOut(t, o, at.ID).ID.String()+"/undo", nil); status != http.StatusConflict {
			t.Errorf("taking back too late is answered with %d", status)
		}

		if n := finds(t, o, "gruesse koeln"); n != 1 {
			t.Errorf("%d found", n)
		}
		ada.Edit(o.Number, said, "Grüße aus Bonn")
		o.Settle(t)
		if old, now := finds(t, o, "koeln"), finds(t, o, "bonn"); old != 0 || now != 1 {
			t.Errorf("after the edit %d are found by the old word, %d by the new", old, now)
		}
		ada.Revoke(o.Number, said)
		o.Settle(t)
		if n := finds(t, o, "bonn"); n != 0 {
			t.Errorf("%d found after the message was deleted", n)
		}

		twin := o.Customer("Ada B.", "")
		twin.Say(o.Number, "Ich bin es noch einmal")
		o.Settle(t)
		double := o.Person(t, twin)
		press(t, o, agent, "/inbox/"+thread(t, o, double.ID).ID.String()+"/draft", url.Values{"text": {"an die zweite"}})
		o.Write(t, func(tx store.Tx) error { return o.People.Merge(t.Context(), tx, o.Org.ID, double.ID, who.ID) })
		if n := o.Count(t, "draft", "contact_id = ?", who.ID); n != 1 {
			t.Errorf("%d drafts followed", n)
		}
		if got := o.Person(t, twin); got == nil || got.ID != who.ID {
			t.Error("the second identity does not lead to the person")
		}
		thread(t, o, who.ID)
		twin.Say(o.Number, "Und weiter")
		o.Settle(t)
		if thread(t, o, who.ID); finds(t, o, "weiter") != 1 {
			t.Error("what she writes under her second identity is not hers")
		}

		// Erasing the messages takes them out of the index.
		o.Write(t, func(tx store.Tx) error {
			for more := true; more; {
				var err error
				if _, more, err = o.Threads.Erase(context.Background(), tx, o.Org.ID, who.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if fresh := o.Count(t, "search_fresh", "org_id = ?", o.Org.ID); fresh != 0 {
			t.Errorf("%d rows of the index are left", fresh)
		}
	})
}

// queued are the messages that wait to go out, the last first.
func queued(t *testing.T, o *apptest.Office, conversation id.Conversation) (waiting []chat.Message) {
	t.Helper()
	for _, m := range page(t, o, conversation) {
		if m.State == chat.Queued {
			waiting = append([]chat.Message{m}, waiting...)
		}
	}
	if len(waiting) != 2 {
		t.Fatalf("%d messages wait, want the notice and the text", len(waiting))
	}
	return waiting
}

func lastOut(t *testing.T, o *apptest.Office, conversation id.Conversation) (last chat.Message) {
	t.Helper()
	for _, m := range page(t, o, conversation) {
		if m.Outgoing {
			last = m
		}
	}
	return last
}

func page(t *testing.T, o *apptest.Office, at id.Conversation) []chat.Message {
	t.Helper()
	all, _, err := o.Threads.Page(t.Context(), o.DB, o.Org.ID, at, conversation.Place{}, 50)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
