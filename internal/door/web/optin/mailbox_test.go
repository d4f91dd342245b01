package optin_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/test/storetest"
)

const day = 24 * time.Hour

// imported is somebody whom an import brought, with a number and a mail address.
func (p *place) imported(t *testing.T, phone, email string) *chat.Known {
	t.Helper()
	var who *chat.Known
	p.Write(t, func(tx store.Tx) error {
		found, err := p.People.Resolve(t.Context(), tx, p.Org.ID, []contact.Sighting{{Phone: phone, Offered: "Erika Mustermann", Email: email}})
		if err == nil {
			who = found[0]
		}
		return err
	})
	return who
}

// clicks lets a mailbox ask for all purposes and click in the letter.
func (p *place) clicks(t *testing.T, phone, email string) {
	t.Helper()
	p.post(t, "/opt-in/beispiel", p.byMail(t, phone, email, "service", "utility", "marketing"))
	p.post(t, confirmLink.FindString(p.mail.Next(t).Body(t)), nil)
	p.look(t)
}

func (p *place) look(t *testing.T) {
	t.Helper()
	if err := p.Requests.LookAll(t.Context(), p.DB, p.Orgs.IDs); err != nil {
		t.Fatal(err)
	}
}

// S11: a confirmed mail carries service and utility only where number and address
// have stood beside each other for 30 days, untouched by staff, programs and
// imports; never advertising, never device books.
func TestS11AConfirmedMailCarriesWhatStoodForLong(t *testing.T) {
	const phone, email = "+49 176 04069001", "erika@beispiel.example"
	for name, c := range map[string]struct {
		before func(t *testing.T, p *place, who *chat.Known)
		want   string
	}{
		"both stood for 31 days":       {func(_ *testing.T, p *place, _ *chat.Known) { p.Clock.Advance(31 * day) }, "service utility"},
		"both stood for 29 days":       {func(_ *testing.T, p *place, _ *chat.Known) { p.Clock.Advance(29 * day) }, ""},
		"staff merged her a day ago":   {merged, ""},
		"she said stop":                {stopped, ""},
		"she withdrew utility":         {withdrew, "service"},
		"another address stood there":  {func(_ *testing.T, p *place, _ *chat.Known) { p.Clock.Advance(31 * day) }, "other"},
		"the address came a day ago":   {func(_ *testing.T, p *place, _ *chat.Known) { p.Clock.Advance(31 * day) }, "late"},
		"she wrote meanwhile the code": {func(_ *testing.T, p *place, _ *chat.Known) { p.Clock.Advance(31 * day) }, "code"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachURL(t, func(t *testing.T, u string) {
				p := open(t, u)
				p.publish(t, "utility", "Sie dürfen mir Termine schicken.", false)
				first := email
				switch c.want {
				case "other":
					first = "max@beispiel.example"
				case "late":
					first = ""
				}
				who := p.imported(t, "4917604069001", first)
				c.before(t, p, who)
				if c.want == "late" {
					p.imported(t, "4917604069001", email)
					p.Clock.Advance(day)
				}
				p.clicks(t, phone, email)
				want := c.want
				switch c.want {
				case "other", "late":
					want = ""
				case "code":
					want = "service utility"
				}
				got := p.statesOf(t, who.ID)
				for _, purpose := range []string{"service", "utility", "marketing"} {
					if granted := got[purpose] == gate.ConsentGranted; granted != strings.Contains(want, purpose) {
						t.Errorf("%s: %s", purpose, got[purpose])
					}
				}
				agreed, err := p.Consents.Agreements(t.Context(), p.DB, p.Org.ID)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range agreed {
					if a.State == gate.ConsentGranted {
						t.Errorf("a mail opens a device book: %+v", a)
					}
				}
				if c.want == "code" { // her message confirms all of it
					words := p.openWords(t)
					erika := p.Customer("Erika Mustermann", "4917604069001")
					erika.Say(p.Number, words)
					p.Settle(t)
					if got := p.statesOf(t, who.ID); got["marketing"] != gate.ConsentGranted {
						t.Errorf("after her message: %v", got)
					}
				}
			})
		})
	}
}

// openWords asks once more, and is the message that lies ready.
func (p *place) openWords(t *testing.T) string {
	t.Helper()
	_, page := p.post(t, "/opt-in/beispiel", p.form(t, "whatsapp", "service", "utility", "marketing"))
	return codeWords.FindStringSubmatch(page)[1]
}

func merged(t *testing.T, p *place, who *chat.Known) {
	t.Helper()
	p.Clock.Advance(31 * day)
	other := p.imported(t, "4917604069044", "agent@beispiel.example")
	p.Write(t, func(tx store.Tx) error { return p.People.Merge(t.Context(), tx, p.Org.ID, other.ID, who.ID) })
	p.Clock.Advance(day)
}

func stopped(t *testing.T, p *place, who *chat.Known) {
	t.Helper()
	p.Clock.Advance(31 * day)
	link, err := p.Consents.StopLink(t.Context(), p.DB, p.Org.ID, who.ID)
	if err != nil {
		t.Fatal(err)
	}
	p.post(t, "/stop/"+link, url.Values{"what": {"all"}})
}

func withdrew(t *testing.T, p *place, who *chat.Known) {
	t.Helper()
	p.Clock.Advance(31 * day)
	link, err := p.Consents.StopLink(t.Context(), p.DB, p.Org.ID, who.ID)
	if err != nil {
		t.Fatal(err)
	}
	p.post(t, "/stop/"+link, url.Values{"what": {"utility"}})
}

// What the form and the click write and ask is the same for a number of a
// customer, of one who left it, and of nobody: all that depends on it is done by
// a round.
func TestS11KnownAndUnknownNumbersWriteTheSame(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		p.imported(t, "4917604069001", "erika@beispiel.example")
		p.Write(t, func(tx store.Tx) error { // she left this number
			_, err := p.People.Change(t.Context(), tx, p.Org.ID, contact.Change{Before: []contact.Sighting{{Phone: "4917604069001"}}, After: contact.Sighting{Phone: "4917604069009", FromMeta: true, At: p.Clock.Now()}, At: p.Clock.Now()})
			return err
		})
		p.imported(t, "4917604069002", "max@beispiel.example")
		p.Clock.Advance(31 * day)
		tables := []string{"contact", "identity", "number_question", "consent", "consent_event", "opt_in_request", "data_key", "fleeting_key", "conversation", "opt_out"}
		count := func() (n []int) {
			p.Until(t, "the letters are off the queue", func() bool { return p.Count(t, "mail_queue", "") == 0 })
			for _, table := range tables {
				n = append(n, p.Count(t, table, ""))
			}
			return n
		}
		more := func(phone, email string) (grown []int) {
			before := count()
			p.post(t, "/opt-in/beispiel", p.byMail(t, phone, email, "service", "marketing"))
			p.post(t, confirmLink.FindString(p.mail.Next(t).Body(t)), nil)
			for i, n := range count() {
				grown = append(grown, n-before[i])
			}
			return grown
		}
		more("+49 176 04069088", "erster@beispiel.example") // the first of all makes keys of the house
		unknown := more("+49 176 04069077", "niemand@beispiel.example")
		for name, grown := range map[string][]int{"a number that somebody left": more("+49 176 04069001", "eins@beispiel.example"),
			"a customer's number": more("+49 176 04069002", "max@beispiel.example")} {
			for i := range grown {
				if grown[i] != unknown[i] {
					t.Errorf("%s: %d rows more of %s, %d for an unknown one", name, grown[i], tables[i], unknown[i])
				}
			}
		}
		p.look(t)
		if p.Count(t, "number_question", "") != 1 || p.Count(t, "consent", "state = 'granted'") != 1 {
			t.Errorf("the round asked %d questions and gave %d consents, want one each", p.Count(t, "number_question", ""), p.Count(t, "consent", "state = 'granted'"))
		}
	})
}
