package browsertest

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"einklang/internal/app/demo"
	"einklang/sandbox"
)

var (
	portalCode = regexp.MustCompile(`\b[A-Z2-7]{8}\b`)
	portalLink = regexp.MustCompile(`/portal/beispiel/enter/[A-Za-z0-9_-]+`)
)

// ownData is what people do about their own data, with what they have: a number and
// no e-mail address; a username and no number; neither WhatsApp nor e-mail any more.
func ownData(t *testing.T, d *demo.Demo, b *Browser) {
	for _, c := range []struct {
		locale, word, agree, done, none, waits, written string
		number                                          sandbox.Customer // shows one, and has no e-mail address
		name                                            sandbox.Customer // shows a username only
	}{
		{"de", "DATEN", "ANGEBOTE", "ist widerrufen", "Eine andere Einwilligung haben wir nicht", "vorgemerkt", "Ihre Anfrage ist eingegangen",
			sandbox.Customer{ID: "dora", Name: "Dora Beispiel", Phone: "4917604069041", UserID: "DE.1300000000000041"},
			sandbox.Customer{ID: "namede", Name: "Nils Beispiel", Username: "nils.beispiel", UserID: "DE.1300000000000042"}},
		{"en", "DATA", "TIPPS", "is withdrawn", "We hold no other consent", "Your erasure is noted", "Your request has reached us",
			sandbox.Customer{ID: "john", Name: "John Example", Phone: "447700900041", UserID: "GB.1300000000000043"},
			sandbox.Customer{ID: "nameen", Name: "Jane Example", Username: "jane.example", UserID: "GB.1300000000000044"}},
	} {
		t.Run(c.locale, func(t *testing.T) {
			in := "?lang=" + c.locale
			who := d.Sandbox.AddCustomer(c.number)
			who.Say(d.Number(), c.agree)
			heard(t, d, who, regexp.MustCompile(`STOP`)) // thanks, with the way back
			p := b.Open(t, d.Facts.URL, Phone)
			p.Go("/portal/beispiel" + in)
			look(p)
			p.Type("#number", "+"+c.number.Phone)
			p.Click("form button.primary")
			p.See("#code")
			look(p)
			p.Type("#code", heard(t, d, who, portalCode))
			p.Click("form button.primary")
			p.SeeText("dl.facts", c.number.Name)
			look(p)

			p.Eval(`document.querySelector("#own-name").value = ""`)
			p.Type("#own-name", "Kim Neu")
			p.Click(`form[action*="/correct?"] button`)
			p.SeeText("dl.facts", "Kim Neu")

			p.Click(`form[action*="/do/purpose"] button`)
			p.SeeText(".done", c.done)
			p.SeeText(".done", c.none)
			look(p)

			p.Click(`form[action*="/take?"] button.primary`)
			p.See(`a[href*="/take/"]`)
			if kind := Eval[string](p, `fetch(document.querySelector('a[href*="/take/"]').href).then((r) => r.status + " " + r.headers.get("content-type"))`); !strings.HasPrefix(kind, "200 application/zip") {
				t.Errorf("what she takes along is %q", kind)
			}

			p.Eval(`document.querySelector('form[action*="/do/erase"]').closest("details").open = true`)
			p.Click(`form[action*="/do/erase"] button`)
			p.SeeText(".done", c.waits)
			p.See(`form[action*="/do/keep"]`)
			look(p)

			other := d.Sandbox.AddCustomer(c.name)
			other.Say(d.Number(), c.word)
			p = b.Open(t, d.Facts.URL, Phone)
			p.Go(heard(t, d, other, portalLink) + in)
			look(p)
			p.Click("form button.primary")
			p.SeeText("dl.facts", "@"+c.name.Username)
			p.Go("/portal/beispiel/messages" + in)
			p.SeeText("dl.facts", c.word)
			p.Gone(`a[href*="after="]`) // there are no more
			look(p)

			p = b.Open(t, d.Facts.URL, Phone)
			p.Go("/portal/beispiel" + in)
			p.Click(`a[href*="/portal/beispiel/write"]`)
			p.See("#answer")
			look(p)
			p.Type("#name", c.number.Name)
			p.Type("#answer", "Musterstraße 1, 10115 Berlin")
			p.Click("form button.primary")
			p.SeeText(".done", c.written)
			look(p)
		})
	}
}

// look fails the test for a page that does not fit a phone or shuts somebody out.
func look(p *Page) {
	p.tb.Helper()
	p.Fits()
	p.Accessible()
}

// heard waits until the newest message to a person has some words, and returns them.
func heard(t *testing.T, d *demo.Demo, who *sandbox.Phone, words *regexp.Regexp) string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		all := who.Messages(d.Number())
		for i := len(all) - 1; i >= 0; i-- {
			if found := words.FindString(string(all[i].Content)); all[i].Business && found != "" {
				return found
			}
		}
	}
	t.Fatalf("no message with %s came", strconv.Quote(words.String()))
	return ""
}
