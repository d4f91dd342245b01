package consent_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/test/storetest"
)

// Before the first advert to a number that only paper names, the pages say that
// the number is unproven and offer the tap; her message proves it.
func TestPaperAloneDoesNotProveANumber(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		p.Write(t, func(tx store.Tx) error {
			_, err := p.People.Resolve(t.Context(), tx, p.Org.ID, []contact.Sighting{{Phone: "4917604069001", Given: "Erika Mustermann"}})
			return err
		})
		known, err := p.People.ByPhone(t.Context(), p.DB, p.Org.ID, "4917604069001")
		if err != nil {
			t.Fatal(err)
		}
		agent, at := p.by(t, user.Agent), "/people/"+known.ID.String()+"/consent"
		p.upload(t, agent, at, map[string]string{"purpose": "marketing", "words": "ours", "note": "Formular vom Empfang", "notice": "mit dem Formular"}, picture)
		if got := p.state(t, known, "marketing"); got != gate.ConsentGranted {
			t.Fatalf("marketing is %s", got)
		}
		var thread string
		p.Write(t, func(tx store.Tx) error {
			made, err := p.Threads.Open(t.Context(), tx, p.Org.ID, known.ID, p.Channel.ID)
			thread = made.String()
			return err
		})
		const says = "Diese Nummer ist nicht bewiesen"
		for _, path := range []string{at, "/fragments/templates/" + thread} {
			if status, page := p.get(t, agent, path); status != http.StatusOK || !strings.Contains(string(page), says) {
				t.Errorf("%s does not say it: %d\n%s", path, status, page)
			}
		}
		status, page := p.post(t, agent, at+"/prove", url.Values{})
		found := sentWords.FindStringSubmatch(html.UnescapeString(page))
		if status != http.StatusOK || found == nil || !strings.Contains(page, "<svg") {
			t.Fatalf("the tap: %d\n%s", status, page)
		}
		words, err := url.QueryUnescape(strings.TrimRight(found[1], `">`))
		if err != nil {
			t.Fatal(err)
		}
		p.Clock.Advance(time.Minute)
		p.Customer("Erika Mustermann", "4917604069001").Say(p.Number, words)
		p.Settle(t)
		for _, path := range []string{at, "/fragments/templates/" + thread} {
			if _, page := p.get(t, agent, path); strings.Contains(string(page), says) {
				t.Errorf("%s still says it after her message", path)
			}
		}
		history, err := p.Consents.History(t.Context(), p.DB, p.Org.ID, known)
		if err != nil || history[0].Source != optin.FromInvitation || history[0].Detail.Message.IsZero() {
			t.Errorf("the proof: %+v %v", history, err)
		}
	})
}
