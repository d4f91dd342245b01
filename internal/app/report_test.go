package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// submit sends a form as a browser without scripts does, follows to the page,
// and returns it.
func submit(t *testing.T, o *apptest.Office, browser *http.Client, path string, form url.Values) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return answerOf(t, browser, r)
}

// visit reads a page; what stands in q was typed into its field for searching.
func visit(t *testing.T, o *apptest.Office, browser *http.Client, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.URL+o.Sought(browser, path), nil)
	if err != nil {
		t.Fatal(err)
	}
	return answerOf(t, browser, r)
}

func answerOf(t *testing.T, browser *http.Client, r *http.Request) (int, string) {
	t.Helper()
	resp, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(page), "⟨") {
		at := strings.Index(string(page), "⟨")
		t.Errorf("%s lacks a text: %.80s", r.URL.Path, page[at:])
	}
	return resp.StatusCode, string(page)
}

// onlyThread is the one conversation of an office.
func onlyThread(t *testing.T, o *apptest.Office) conversation.Summary {
	t.Helper()
	all, err := o.Threads.List(t.Context(), o.DB, o.Org.ID, conversation.Filter{View: conversation.ViewAll}, conversation.Place{}, 2)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d conversations, %v", len(all), err)
	}
	return all[0]
}

// TestADayIsCutByTheTimeOfItsMessages: a message belongs to the day on which it
// was written in the organisation's time, however late it arrives, also where a
// day has 23 or 25 hours. What was imported is nobody's work of today.
func TestADayIsCutByTheTimeOfItsMessages(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		on := func(year int, month time.Month, day, hour, minute, second int) time.Time {
			return time.Date(year, month, day, hour, minute, second, 0, berlin)
		}
		said := 0
		say := func(at time.Time) {
			t.Helper()
			said++
			if status := o.Post(t, apptest.Text(fmt.Sprintf("wamid.day.%d", said), "4917604069001", "Erika Mustermann", "Guten Tag", at)); status != http.StatusOK {
				t.Fatalf("a message was answered %d", status)
			}
			o.Until(t, "the message is there", func() bool { return o.Count(t, "message", "origin = 'customer'") == said })
		}
		// came lists what came in on the last days, by the hour of each.
		came := func() (got string) {
			t.Helper()
			days, err := o.Reports.Last(t.Context(), o.Org.ID, 9)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range days {
				for hour, n := range d.In {
					if n > 0 {
						got += fmt.Sprintf("%s %02d:%d ", d.From.Format("2.1."), hour, n)
					}
				}
			}
			return strings.TrimSpace(got)
		}
		for _, c := range []struct {
			name string
			now  time.Time
			at   []time.Time
			want string
		}{
			{"around midnight, in winter", on(2026, 12, 8, 0, 0, 20), []time.Time{on(2026, 12, 7, 23, 59, 50), on(2026, 12, 8, 0, 0, 10)}, "7.12. 23:1 8.12. 00:1"},
			{"days late, after the day was counted", on(2026, 12, 10, 12, 0, 0), []time.Time{on(2026, 12, 5, 10, 0, 0), on(2026, 12, 6, 23, 30, 0)}, "5.12. 10:1 6.12. 23:1 7.12. 23:1 8.12. 00:1"},
			{"a day of 23 hours", on(2027, 3, 29, 9, 0, 0), []time.Time{on(2027, 3, 28, 0, 30, 0), on(2027, 3, 28, 23, 30, 0), on(2027, 3, 29, 0, 30, 0)}, "28.3. 00:1 28.3. 23:1 29.3. 00:1"},
			{"a day of 25 hours", on(2027, 11, 1, 9, 0, 0), []time.Time{on(2027, 10, 31, 0, 30, 0), on(2027, 10, 31, 23, 30, 0), on(2027, 11, 1, 0, 30, 0)}, "31.10. 00:1 31.10. 23:1 1.11. 00:1"},
		} {
			o.Clock.Set(c.now)
			came() // the days are counted before anything arrives
			for _, at := range c.at {
				say(at)
			}
			o.Clock.Set(c.now.Add(8 * time.Hour))
			if got := came(); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
		before := came()
		at := onlyThread(t, o)
		o.Write(t, func(tx store.Tx) error {
			keys, err := o.People.Get(t.Context(), tx, o.Org.ID, at.Contact)
			if err != nil {
				return err
			}
			_, err = o.Threads.AddHistory(t.Context(), tx, o.Org.ID, o.Channel.ID, conversation.Writer{Contact: at.Contact, Keys: keys.Keys}, []conversation.Past{
				{Key: "old", At: on(2027, 10, 30, 12, 0, 0), Body: chat.Body{Content: cloudapi.Content{Type: "text", Text: &cloudapi.Text{Body: "Damals"}}}}})
			return err
		})
		o.Clock.Advance(8 * time.Hour)
		if got := came(); got != before {
			t.Errorf("with old messages: %q, want %q", got, before)
		}
	})
}

// TestReports: a day's figures come from what was really written, are kept, and
// say nothing about fewer than five members of staff until an agreement is
// filed that a second person has confirmed.
func TestReports(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		agent, admin := o.SignIn(t, user.Agent), o.SignIn(t, user.Admin)
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		at := onlyThread(t, o)
		o.Clock.Advance(20 * time.Minute)
		if status, _ := submit(t, o, agent, "/inbox/"+at.ID.String()+"/send", url.Values{"text": {"Guten Tag"}}); status != http.StatusOK {
			t.Fatalf("answering: %d", status)
		}
		o.Clock.Advance(time.Minute) // the time in which it can be taken back
		o.Until(t, "the answer is out", func() bool { return o.Count(t, "message", "origin = 'agent' AND delivered_at > 0") == 1 })
		if status, _ := submit(t, o, agent, "/inbox/"+at.ID.String()+"/close", nil); status != http.StatusOK {
			t.Fatalf("closing: %d", status)
		}
		o.Write(t, func(tx store.Tx) error {
			label, err := o.Work.SaveLabel(t.Context(), tx, o.Org.ID, assignment.Label{Name: "Stammkunde", Colour: "teal"})
			if err != nil {
				return err
			}
			return o.Work.SetLabel(t.Context(), tx, o.Org.ID, at.Contact, label, true)
		})

		days, err := o.Reports.Last(t.Context(), o.Org.ID, 7)
		if err != nil {
			t.Fatal(err)
		}
		today := days[6]
		nobody := today.Teams[id.Team{}]
		if today.In[11] != 1 || nobody.First.N() != 1 || nobody.First[2] != 1 || nobody.Resolved.N() != 1 || len(nobody.Staff) != 1 {
			t.Errorf("today: %+v", today)
		}
		if f := today.Channels[o.Channel.ID]; f.In != 1 || f.Sent < 1 {
			t.Errorf("the number: %+v", f)
		}
		if n := o.Count(t, "report_day", ""); n != 7 {
			t.Errorf("%d days are kept", n)
		}

		if status, _ := visit(t, o, agent, "/reports"); status != http.StatusForbidden {
			t.Errorf("an agent sees reports: %d", status)
		}
		status, page := visit(t, o, admin, "/reports?days=7")
		if status != http.StatusOK || !strings.Contains(page, "zu wenige Personen") || strings.Contains(page, "Median</th><td") || !strings.Contains(page, "Stammkunde") {
			t.Errorf("report of one agent: %d\n%s", status, page)
		}
		agreeOnFigures(t, o, admin, o.SignIn(t, user.DPO))
		status, page = visit(t, o, admin, "/reports?days=7")
		if status != http.StatusOK || strings.Contains(page, "zu wenige Personen") || !strings.Contains(page, "Betriebsvereinbarung 7/2026") || !strings.Contains(page, "1 Fall") {
			t.Errorf("report with an agreement: %d\n%s", status, page)
		}

		o.Clock.Advance(26 * 30 * 24 * time.Hour)
		o.Write(t, func(tx store.Tx) error { return o.Reports.Expire(context.Background(), tx, o.Org.ID, o.Clock.Now()) })
		if n := o.Count(t, "report_day", ""); n != 0 {
			t.Errorf("%d days are kept after two years", n)
		}
	})
}
