package optin_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// changing is what differs from one request to the next: the address of the
// link, and the code.
var changing = regexp.MustCompile(`/opt-in/confirm/[A-Za-z0-9_-]+|#[A-Z2-9]{8}|%23[A-Z2-9]{8}|<svg.*?</svg>|…\d{3}`)

// seen is all that a mailbox gets to see for a number: the pages and the mail.
func (p *place) seen(t *testing.T, phone, email string) (link, code, all string) {
	t.Helper()
	_, sent := p.post(t, "/opt-in/beispiel", p.byMail(t, phone, email, "service", "marketing"))
	m := p.mail.Next(t)
	link = confirmLink.FindString(m.Body(t))
	_, before := p.get(t, link)
	status, clicked := p.post(t, link, nil)
	found := codeWords.FindStringSubmatch(clicked)
	if status != http.StatusOK || found == nil {
		t.Fatalf("the click was answered %d\n%s", status, clicked)
	}
	_, again := p.post(t, link, nil)
	return link, found[1], changing.ReplaceAllString(strings.Join([]string{sent, m.Subject(t), m.Body(t), before, clicked, again}, "\n"), "")
}

// A click in a mail proves the mailbox, not the number (BGH I ZR 164/09,
// headnote c): it grants nothing for a number that somebody typed, and shows
// nothing about whoever has that number.
func TestS11AMailboxSaysNothingForANumber(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		erika := p.Customer("Erika Mustermann", "4917604069001")
		erika.Say(p.Number, "Guten Tag")
		p.Settle(t)
		known := p.Person(t, erika)
		stop, err := p.Consents.StopLink(t.Context(), p.DB, p.Org.ID, known.ID)
		if err != nil {
			t.Fatal(err)
		}
		tables := []string{"contact", "identity", "consent", "consent_event", "consent_claim", "conversation", "message", "opt_out", "mail_queue"}
		count := func() (n [9]int) {
			// The letter is read before its row is gone.
			p.Until(t, "the letters are off the queue", func() bool { return p.Count(t, "mail_queue", "") == 0 })
			for i, table := range tables {
				n[i] = p.Count(t, table, "")
			}
			return n
		}
		start := count()
		_, code, forKnown := p.seen(t, "+49 176 04069001", "fremd@beispiel.example")
		afterKnown := count()
		p.Clock.Advance(-5 * time.Second) // the form's stamp is part of the page
		_, _, forUnknown := p.seen(t, "+49 176 04069077", "fremd2@beispiel.example")
		afterUnknown := count()
		if forKnown != forUnknown {
			t.Errorf("pages and mail tell whether a number is known:\n%s\n---\n%s", forKnown, forUnknown)
		}
		for i := range start {
			if known, unknown := afterKnown[i]-start[i], afterUnknown[i]-afterKnown[i]; known != unknown || known != 0 {
				t.Errorf("%s: %d rows more for a known number, %d for an unknown one", tables[i], known, unknown)
			}
		}
		for _, hers := range []string{stop, "/stop/", known.ID.String(), "Mustermann", "Erika"} {
			if strings.Contains(forKnown, hers) {
				t.Errorf("a stranger was shown %q", hers)
			}
		}
		if got := p.states(t, erika); got["service"] == gate.ConsentGranted || got["marketing"] == gate.ConsentGranted {
			t.Fatalf("a stranger's click granted: %v", got)
		}
		if n := len(p.mail.Mails()); n != 2 {
			t.Errorf("%d mails, want the two letters", n)
		}

		// The consent is his who sends the code; the number that was typed is
		// deleted, and she gets nothing from it.
		mustermann := p.Customer("Max Mustermann", "4917604069002")
		mustermann.Say(p.Number, code)
		p.Settle(t)
		if got := p.states(t, mustermann); got["service"] != gate.ConsentGranted || got["marketing"] != gate.ConsentGranted || !strings.Contains(lastText(mustermann, p), "Gespeichert für die Nummer, von der Sie schreiben") {
			t.Errorf("who sent the code agreed: %v, answered %q", got, lastText(mustermann, p))
		}
		if kept := p.kept(t, p.Person(t, mustermann)); len(kept) != 1 || strings.Contains(kept[0], "4069001") || !strings.Contains(kept[0], "fremd@beispiel.example") {
			t.Errorf("what is kept of the request: %q", kept)
		}
		erika.Say(p.Number, code)
		p.Settle(t)
		if got := p.states(t, erika); got["service"] == gate.ConsentGranted || got["marketing"] == gate.ConsentGranted {
			t.Errorf("a code was used twice: %v", got)
		}
		if n := len(p.mail.Mails()); n != 2 {
			t.Errorf("the mailbox got %d mails, want the letters only", n)
		}
	})
}

// kept are the requests of a person, opened.
func (p *place) kept(t *testing.T, of *chat.Known) []string {
	t.Helper()
	opened, err := store.Collect(t.Context(), p.DB, func(row store.Row) (string, error) {
		var at id.Request
		var sealed []byte
		if err := row.Scan(&at, &sealed); err != nil {
			return "", err
		}
		plain, err := of.Keys.Open("optin.request", at, sealed)
		return string(plain), err
	}, "SELECT id, detail FROM opt_in_request WHERE org_id = ? AND contact_id = ?", p.Org.ID, of.ID)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// The letter itself holds the prepared message, for whoever reads it on the
// phone; and a person who shows no number consents as the identity she has.
func TestS11TheLetterOpensWhatsApp(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	p.post(t, "/opt-in/beispiel?lang=en", p.byMail(t, "+49 176 04069001", "erika@beispiel.example", "service"))
	letter := p.mail.Next(t).Body(t)
	link := regexp.MustCompile(`https://wa\.me/493023125000\?text=(\S+)`).FindStringSubmatch(letter)
	if link == nil {
		t.Fatalf("no way to WhatsApp in the letter:\n%s", letter)
	}
	words, err := url.QueryUnescape(link[1])
	if err != nil {
		t.Fatal(err)
	}
	hidden := p.Customer("Erika Mustermann", "")
	hidden.Say(p.Number, words)
	p.Settle(t)
	if got := p.statesOf(t, p.Person(t, hidden).ID); got["service"] != gate.ConsentGranted {
		t.Errorf("consents: %v", got)
	}
}

// Without a number that is in service nobody could confirm: the form is closed,
// and a link from before says so and keeps what was asked.
func TestWithoutANumberThereIsNoForm(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	p.post(t, "/opt-in/beispiel", p.byMail(t, "+49 176 04069001", "erika@beispiel.example", "service"))
	link := confirmLink.FindString(p.mail.Next(t).Body(t))
	p.Write(t, func(tx store.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE channel SET state = 'stopped' WHERE org_id = ?", p.Org.ID)
		return err
	})
	if status, _ := p.get(t, "/opt-in/beispiel"); status != http.StatusNotFound {
		t.Errorf("the form answers %d", status)
	}
	if status, page := p.post(t, link, nil); status != http.StatusNotFound || !strings.Contains(page, "Schreiben Sie uns gern direkt") || p.Count(t, "opt_in_request", "state = 'pending'") != 1 {
		t.Errorf("the link answers %d\n%s", status, page)
	}
}
