package intake_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

// A START or a yes that was written before a STOP, and came after it, is not her last
// word: nothing begins again before a colleague has answered.
func TestAStartThatAStopOvertookAsks(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Write(t, func(tx store.Tx) error {
			_, _, err := o.Consents.PublishText(t.Context(), tx, o.Org.ID, optin.Marketing, "Dürfen wir Sie über Angebote informieren?", "May we tell you of offers?", false)
			return err
		})
		const word = "TIPPS"
		for _, p := range must(o.Consents.Purposes(t.Context(), o.DB, o.Org.ID)) {
			if p.Keyword = word; p.Key == optin.Marketing {
				o.Write(t, func(tx store.Tx) error { return o.Consents.SavePurpose(t.Context(), tx, o.Org.ID, p) })
			}
		}
		agent := o.SignIn(t, user.Agent)
		for i, c := range []struct {
			stop, words  string
			late         time.Duration // by which it was written before the STOP
			answer       string
			asked, ended bool // ended: after the answer
		}{
			{"STOP", "START", 48 * time.Hour, "everything", true, true},
			{"STOP", "START", 48 * time.Hour, "nothing", true, false},
			{"STOP", "START", 2 * time.Minute, "everything", true, true},
			{"STOP", word, 48 * time.Hour, "everything", true, true},
			{"STOP", word, 2 * time.Minute, "everything", true, true},
			{"STOP", "Guten Tag", 2 * time.Minute, "", false, true},
			{"STOP", "START", -time.Second, "", false, false},
			{"STOP", "STOP", 48 * time.Hour, "", false, true},
			{"Keine Werbung mehr", word, 48 * time.Hour, "everything", true, false},
		} {
			phone := fmt.Sprintf("4915100037%03d", i)
			ts := func(d time.Duration) string { return fmt.Sprint(o.Clock.Now().Add(d).Unix()) }
			post(t, o, message(phone, "wamid.a"+phone, ts(-72*time.Hour), text("Hallo")))
			stopped := -time.Minute
			post(t, o, message(phone, "wamid.b"+phone, ts(stopped), text(c.stop)))
			post(t, o, message(phone, "wamid.c"+phone, ts(stopped-c.late), text(c.words)))
			o.Settle(t)
			p := byPhone(t, o, phone)
			open := must(o.Consents.Doubts(t.Context(), o.DB, o.Org.ID, p.ID))
			if asked := len(open) == 1 && open[0].Why == optin.Restart; asked != c.asked || c.asked && (p.Flags.OptedOut != (c.stop == "STOP") || !p.Flags.Objected) {
				t.Errorf("%s, then %s from %v before: %+v, %+v", c.stop, c.words, c.late, p.Flags, open)
			}
			if state := standing(t, o, p)[optin.Marketing]; state == "granted" {
				t.Errorf("%s, then %s from %v before: advertising is granted", c.stop, c.words, c.late)
			}
			if o.Count(t, "opt_out", "contact_id = ? AND wrote_at > 0", p.ID) != 0 {
				t.Errorf("%s, then %s from %v before: she counts as having written since", c.stop, c.words, c.late)
			}
			if c.answer != "" && c.asked && len(open) == 1 {
				thread := must(o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, p.ID))[0].ID.String()
				if page := at(t, o, agent, "/inbox/"+thread); !strings.Contains(page, "Es bleibt dabei") || strings.Contains(page, "Ja, keine Werbung mehr") {
					t.Errorf("%s: nobody is asked", c.words)
				}
				resp, err := agent.PostForm(o.URL+"/people/"+p.ID.String()+"/doubt", url.Values{"conversation": {thread}, "doubt": {open[0].ID.String()}, "answer": {c.answer}})
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
			}
			if p = byPhone(t, o, phone); p.Flags.OptedOut != c.ended || !p.Flags.Objected || len(must(o.Consents.Doubts(t.Context(), o.DB, o.Org.ID, p.ID))) != 0 {
				t.Errorf("%s, then %s from %v before, answered with %q: %+v", c.stop, c.words, c.late, c.answer, p.Flags)
			}
		}
		// Who says STOP again has answered herself.
		const phone = "4915100038001"
		post(t, o, message(phone, "wamid.1", fmt.Sprint(o.Clock.Now().Unix()), text("STOP")))
		post(t, o, message(phone, "wamid.2", fmt.Sprint(o.Clock.Now().Add(-time.Hour).Unix()), text("START")))
		post(t, o, message(phone, "wamid.3", fmt.Sprint(o.Clock.Now().Unix()), text("STOP")))
		if p := byPhone(t, o, phone); !p.Flags.OptedOut || len(must(o.Consents.Doubts(t.Context(), o.DB, o.Org.ID, p.ID))) != 0 {
			t.Errorf("STOP, a START from before, STOP: %+v", p.Flags)
		}
		o.Settle(t)
	})
}
