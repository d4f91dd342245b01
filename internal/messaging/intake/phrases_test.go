package intake_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/test/apptest"
)

// What customers write has its outcome through the door: everything ends,
// advertising ends, a case is opened, a colleague is asked, or nothing follows.
func TestPhrasesThroughTheDoor(t *testing.T) {
	raw, err := os.ReadFile("../../rule/keyword/testdata/phrases.tsv")
	if err != nil {
		t.Fatal(err)
	}
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, line := range strings.Split(strings.TrimSpace(string(raw)), "\n")[1:] {
			words, want, _ := strings.Cut(line, "\t")
			phone := fmt.Sprintf("4915100008%03d", i)
			post(t, o, apptest.Text("wamid.before."+phone, phone, "Kim", "Hallo", o.Clock.Now().Add(-time.Minute)))
			granted(t, o, byPhone(t, o, phone))
			post(t, o, apptest.Text("wamid."+phone, phone, "Kim", words, o.Clock.Now()))
			p := byPhone(t, o, phone)
			got := outcome(t, o, p)
			if got != want {
				t.Errorf("%q: %s, want %s", words, got, want)
			}
			for purpose, state := range standing(t, o, p) {
				ends := want == "all" || want == "marketing" && purpose == optin.Marketing
				if (state == "withdrawn") != ends {
					t.Errorf("%q: %s is %s", words, purpose, state)
				}
			}
		}
		o.Settle(t)
	})
}

// outcome says what came of words, as the list of phrases calls it.
func outcome(t *testing.T, o *apptest.Office, p *chat.Known) string {
	t.Helper()
	switch f := p.Flags; {
	case o.Count(t, "privacy_case", "contact_id = ? AND kind = 'erase'", p.ID) > 0:
		return "erase"
	case o.Count(t, "privacy_case", "contact_id = ? AND kind = 'oppose'", p.ID) > 0:
		return "object"
	case o.Count(t, "privacy_case", "contact_id = ?", p.ID) > 0:
		return "access"
	case f.OptedOut:
		return "all"
	case f.Objected:
		return "marketing"
	case f.Held:
		return "ask"
	}
	return "none"
}

// A reaction is an answer below our question for consent, and nowhere else; a
// thumb up is no consent.
func TestAReactionAnswersOurQuestionOnly(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Write(t, func(tx store.Tx) error {
			_, _, err := o.Consents.PublishText(t.Context(), tx, o.Org.ID, optin.Utility, "Dürfen wir Sie informieren?", "May we inform you?", false)
			return err
		})
		agent := o.SignIn(t, user.Agent)
		for i, c := range []struct {
			emoji    string
			question bool
			declined int
		}{{"👎", true, 1}, {"👎🏽", true, 1}, {"👍", true, 0}, {"👎", false, 0}} {
			kim := o.Customer("Kim", fmt.Sprintf("491510000901%d", i))
			kim.Say(o.Number, "Hallo")
			o.Settle(t)
			p := o.Person(t, kim)
			thread := must(o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, p.ID))[0].ID.String()
			if c.question {
				resp, err := agent.PostForm(o.URL+"/people/"+p.ID.String()+"/consent/ask", url.Values{"purpose": {optin.Utility}, "conversation": {thread}})
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
			} else if status := o.REST(t, "POST", "/api/v1/messages", map[string]any{"contact_id": p.ID.String(), "type": "text", "text": map[string]any{"body": "Guten Tag"}}, nil); status != http.StatusAccepted {
				t.Fatalf("a reply was answered %d", status)
			}
			o.Clock.Advance(10 * time.Second) // in which a message can be taken back
			o.Settle(t)
			all := kim.Messages(o.Number)
			last := all[len(all)-1]
			if !last.Business {
				t.Fatal("nothing went out")
			}
			kim.React(o.Number, last.ID, c.emoji)
			o.Settle(t)
			if n := o.Count(t, "evidence_entry", "owner_id = ? AND kind = ?", p.ID, "consent.declined"); n != c.declined {
				t.Errorf("%s, question %v: declined %d times", c.emoji, c.question, n)
			}
			if held := standing(t, o, p); held[optin.Utility] == "granted" {
				t.Errorf("%s: a reaction made a consent", c.emoji)
			}
		}
	})
}
