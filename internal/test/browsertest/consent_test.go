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

// consents is what a person does who agrees: the form on her phone, one tap, the
// sandbox's phone with the message ready, and the answer; then by mail, where the
// tap is offered beside the letter. In both languages, as wide as a small phone.
func consents(t *testing.T, d *demo.Demo, b *Browser) {
	for _, c := range []struct {
		locale, thanks, mailed string
		who                    sandbox.Customer
	}{
		{"de", "Danke! Gespeichert für", "ist bestätigt", sandbox.Customer{ID: "frieda", Name: "Frieda Beispiel", Phone: "4917604069021", UserID: "DE.1300000000000021"}},
		{"en", "Thank you! Saved for", "is confirmed", sandbox.Customer{ID: "nobodys", Name: "Username Only", Username: "ohne.nummer", UserID: "DE.1300000000000022"}}, // she shows no number
	} {
		t.Run(c.locale, func(t *testing.T) {
			who := d.Sandbox.AddCustomer(c.who)
			p := b.Open(t, d.Facts.URL, Phone)
			p.Go("/opt-in/beispiel?lang=" + c.locale)
			p.Fits()
			time.Sleep(2500 * time.Millisecond) // nobody fills a form in faster
			p.Click("[name=purpose]")
			p.Click("form button.primary")
			p.See(".scan svg")
			p.Fits()
			p.Accessible()
			tap(t, d, b, p, c.who.Name)
			for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
				if said(who, d.Number(), c.thanks) {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("no answer with %q came", c.thanks)
				}
			}

			p.Go("/opt-in/beispiel?lang=" + c.locale)
			time.Sleep(2500 * time.Millisecond)
			p.Click("[name=purpose]")
			p.Click("#way-email")
			p.Type("#phone", "+49 176 04069099")
			p.Type("#email", c.locale+"@example.com")
			p.Click("form button.primary")
			p.See(".scan svg")
			p.Go(letter(t, d, c.locale+"@example.com"))
			p.Fits()
			p.Click("form button.primary")
			p.SeeText(".done", c.mailed)
			p.See(".scan svg")
			p.Fits()
			p.Accessible()
		})
	}
}

// tap follows the one tap of a page to the sandbox's phones, and sends what lies
// ready from a person's.
func tap(t *testing.T, d *demo.Demo, b *Browser, p *Page, name string) {
	t.Helper()
	link := Eval[string](p, `document.querySelector("a.button.primary.big").href`)
	words := Eval[string](p, `document.querySelector("code.mono").innerText`)
	phones := b.Open(t, d.Facts.SandboxURL, Phone)
	phones.Go(path(t, link))
	button := `[...document.querySelectorAll("#customers button")].find((x) => x.innerText.includes(` + strconv.Quote(name) + `))`
	phones.Until("the person has no phone", button+` !== undefined`)
	phones.Eval(button + `.click()`)
	field := `document.querySelector("article.phone textarea")`
	phones.Until("the message does not lie ready", field+`?.value === `+strconv.Quote(words))
	phones.Eval(field + `.form.requestSubmit()`)
}

// letter is where the newest letter to an address leads.
func letter(t *testing.T, d *demo.Demo, to string) string {
	t.Helper()
	found := mailed(t, d, `(?s)`+regexp.QuoteMeta(to)+`.*?/opt-in/confirm/[A-Za-z0-9_-]+.lang=[a-z]+`)
	return found[strings.LastIndex(found, "/opt-in/confirm/"):]
}

// said reports whether a person got a message with some words.
func said(who *sandbox.Phone, number *sandbox.Number, words string) bool {
	for _, m := range who.Messages(number) {
		if m.Business && strings.Contains(string(m.Content), words) {
			return true
		}
	}
	return false
}
