package consent_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

var sentWords = regexp.MustCompile(`\?text=(\S+)`)

// What an earlier program took from a click in a mail carries answers and nothing
// else, is listed, and holds again after one click of staff and her message.
func TestConsentsOnAMailAloneAreListedAndConfirmed(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		erika, known := p.arrives(t, "Erika Mustermann", "4917604069001")
		moritz, other := p.arrives(t, "Max Mustermann", "4917604069002")
		p.OnMailAlone(t, known, "erika@beispiel.example", "service", "utility", "marketing")
		for purpose, want := range map[string]gate.ConsentState{"service": gate.ConsentGranted, "utility": gate.ConsentPending, "marketing": gate.ConsentPending} {
			if got := p.state(t, known, purpose); got != want {
				t.Errorf("%s: %s, want %s", purpose, got, want)
			}
		}
		if v := p.send(t, known, "angebot"); v.Verdict.Reason != "no_marketing_consent" {
			t.Errorf("advertising: %+v", v)
		}
		agreed, err := p.Consents.AgreementsOf(t.Context(), p.DB, p.Org.ID, []id.Person{known.ID})
		if err != nil || len(agreed) != 3 {
			t.Fatal(agreed, err)
		}
		for _, a := range agreed {
			if a.State == gate.ConsentGranted {
				t.Errorf("it opens a device book: %+v", a)
			}
		}
		agent := p.by(t, user.Agent)
		_, page := p.get(t, agent, "/consent/mails")
		if text := string(page); !strings.Contains(text, "Erika Mustermann") || !strings.Contains(text, "erika@beispiel.example") || strings.Contains(text, "Max Mustermann") {
			t.Fatalf("the list:\n%s", text)
		}
		p.agrees(t, moritz, "service")
		if err := p.Consents.ReviewAll(t.Context(), p.DB, p.People, p.Orgs.IDs); err != nil || p.state(t, other, "service") != gate.ConsentGranted {
			t.Fatalf("what a message confirmed is held: %v", err)
		}

		status, answer := p.post(t, agent, "/people/"+known.ID.String()+"/consent/confirm", url.Values{})
		if status != 200 || !strings.Contains(answer, "Einladung ist unterwegs") || !strings.Contains(answer, "Zuletzt gebeten") {
			t.Fatalf("asking by mail: %d\n%s", status, answer)
		}
		if got := p.state(t, known, "service"); got != gate.ConsentGranted {
			t.Errorf("while she is asked, service is %s", got)
		}
		m := p.mail.Next(t)
		found := sentWords.FindStringSubmatch(m.Body(t))
		if found == nil || m.To != "erika@beispiel.example" {
			t.Fatalf("the letter to %s: %s", m.To, m.Body(t))
		}
		words, _ := url.QueryUnescape(found[1])
		p.Clock.Advance(time.Minute)
		erika.Say(p.Number, words)
		p.Settle(t)
		for _, purpose := range []string{"service", "utility", "marketing"} {
			if got := p.state(t, known, purpose); got != gate.ConsentGranted {
				t.Errorf("after her message %s is %s", purpose, got)
			}
		}
		if _, page := p.get(t, agent, "/consent/mails"); strings.Contains(string(page), "Erika Mustermann") {
			t.Error("she is still listed")
		}
	})
}

// A letter that nobody answers, and one that comes back, leave what rests on the
// mail as it was: listed, and to be confirmed.
func TestAnUnansweredLetterChangesNothing(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	p.mail.Reject["weg@beispiel.example"] = 550
	_, known := p.arrives(t, "Erika Mustermann", "4917604069001")
	p.OnMailAlone(t, known, "weg@beispiel.example", "service", "marketing")
	p.post(t, p.by(t, user.Agent), "/people/"+known.ID.String()+"/consent/confirm", url.Values{})
	p.Until(t, "the mail came back", func() bool { return p.Count(t, "opt_in_request", "state = 'returned'") == 1 })
	if got := p.state(t, known, "marketing"); got != gate.ConsentPending {
		t.Errorf("marketing is %s", got)
	}
	if _, page := p.get(t, p.by(t, user.Agent), "/consent/mails"); !strings.Contains(string(page), "Erika Mustermann") {
		t.Error("she is not listed any more")
	}
}

// Somebody else who answers an invitation consents for himself; she who was
// invited has not.
func TestAnInvitationAnsweredBySomebodyElse(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	_, known := p.arrives(t, "Erika Mustermann", "4917604069001")
	stranger, other := p.arrives(t, "Max Mustermann", "4917604069002")
	p.post(t, p.by(t, user.Agent), "/people/"+known.ID.String()+"/consent/invite", url.Values{"email": {"erika@beispiel.example"}, "purpose": {"utility"}, "note": {"sie bat am Telefon darum"}})
	words, _ := url.QueryUnescape(sentWords.FindStringSubmatch(p.mail.Next(t).Body(t))[1])
	stranger.Say(p.Number, words)
	p.Settle(t)
	if hers, his := p.state(t, known, "utility"), p.state(t, other, "utility"); hers != gate.ConsentNone || his != gate.ConsentGranted {
		t.Errorf("she: %s, he: %s", hers, his)
	}
	history, err := p.Consents.History(t.Context(), p.DB, p.Org.ID, p.Person(t, stranger))
	if err != nil || len(history) != 1 {
		t.Fatal(history, err)
	}
	if d := history[0].Detail; d.Note != "" || d.Email != "" || !d.Staff.IsZero() || history[0].Source != optin.FromInvitation {
		t.Errorf("what was said of her is kept of him: %+v", d)
	}
}
