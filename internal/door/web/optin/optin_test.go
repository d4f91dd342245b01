package optin_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/app"
	consents "einklang/internal/consent/optin"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/mailtest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// place is an office with a mail server, an open form and two texts.
type place struct {
	*apptest.Office
	mail  *mailtest.Server
	texts map[string]consents.Text
}

func open(t *testing.T, url string) *place {
	t.Helper()
	p := &place{mail: mailtest.Start(t, mail.StartTLS), texts: map[string]consents.Text{}}
	p.Office = apptest.OpenWith(t, url, apptest.Options{Config: func(c *app.Config) { c.Mail = p.mail.Config(t) }})
	p.Write(t, func(tx store.Tx) error {
		return p.Consents.SaveSettings(t.Context(), tx, p.Org.ID, consents.Settings{Form: true, ByEmail: true})
	})
	p.publish(t, consents.Service, "Sie dürfen mir zu meinen Aufträgen schreiben.", false)
	p.publish(t, consents.Marketing, "Sie dürfen mir Angebote schicken.", false)
	return p
}

func (p *place) publish(t *testing.T, purpose, text string, material bool) {
	t.Helper()
	p.Write(t, func(tx store.Tx) error {
		made, _, err := p.Consents.PublishText(t.Context(), tx, p.Org.ID, purpose, text, "EN: "+text, material)
		p.texts[purpose] = made
		return err
	})
}

func (p *place) get(t *testing.T, path string) (int, string) {
	t.Helper()
	resp, err := apptest.Browser().Get(p.URL + path)
	return read(t, resp, err)
}

func (p *place) post(t *testing.T, path string, form url.Values, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	return read(t, resp, err)
}

func read(t *testing.T, resp *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.Cookies()) > 0 {
		t.Errorf("the page sets a cookie: %v", resp.Cookies())
	}
	return resp.StatusCode, string(body)
}

var stamp = regexp.MustCompile(`name="stamp" value="([^"]+)"`)

// form is the form as a person fills it in, after some time.
func (p *place) form(t *testing.T, way string, purposes ...string) url.Values {
	t.Helper()
	status, page := p.get(t, "/opt-in/beispiel")
	found := stamp.FindStringSubmatch(page)
	if status != http.StatusOK || found == nil {
		t.Fatalf("the form: %d\n%s", status, page)
	}
	p.Clock.Advance(5 * time.Second)
	v := url.Values{"stamp": {found[1]}, "way": {way}, "purpose": purposes}
	for purpose, text := range p.texts {
		v.Set("text-"+purpose, text.ID.String())
	}
	return v
}

func (p *place) byMail(t *testing.T, phone, email string, purposes ...string) url.Values {
	t.Helper()
	v := p.form(t, "e_mail", purposes...)
	v.Set("phone", phone)
	v.Set("email", email)
	return v
}

var confirmLink = regexp.MustCompile(`/opt-in/confirm/[A-Za-z0-9_-]{32}`)

// states are a customer's consents, by purpose; nil if she is not known.
func (p *place) states(t *testing.T, c *sandbox.Phone) map[string]gate.ConsentState {
	t.Helper()
	person, err := p.People.ByPhone(t.Context(), p.DB, p.Org.ID, c.Phone)
	if err != nil {
		t.Fatal(err)
	}
	if person == nil {
		return nil
	}
	return p.statesOf(t, person.ID)
}

func (p *place) statesOf(t *testing.T, person id.Person) map[string]gate.ConsentState {
	t.Helper()
	all, err := p.Consents.States(t.Context(), p.DB, p.Org.ID, person)
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]gate.ConsentState{}
	for _, s := range all {
		states[s.Purpose] = s.State
	}
	return states
}

// S11: double opt-in by e-mail, from the form to the first message.
func TestS11ByMail(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		erika := p.Customer("Erika Mustermann", "4917604069001")

		status, page := p.get(t, "/opt-in/beispiel")
		if status != http.StatusOK || strings.Contains(page, " checked>") && strings.Contains(page, `type="checkbox" id="p-service" name="purpose" value="service" checked`) {
			t.Fatalf("a box is ticked beforehand: %d", status)
		}
		if status, page := p.post(t, "/opt-in/beispiel", p.byMail(t, "0176 04069001", "erika@beispiel.example", "marketing")); status != http.StatusOK || !strings.Contains(page, "E-Mail geschickt") {
			t.Fatalf("the form was answered %d\n%s", status, page)
		}
		m := p.mail.Next(t)
		link := confirmLink.FindString(m.Body(t))
		if link == "" || m.To != "erika@beispiel.example" || strings.Contains(m.Subject(t)+m.Body(t), "Angebot:") || !strings.Contains(m.Body(t), p.texts["marketing"].DE) {
			t.Fatalf("the mail: %s\n%s", m.Subject(t), m.Body(t))
		}
		if strings.Contains(m.Body(t), "04069001") {
			t.Error("the whole phone number stands in the mail")
		}
		if p.states(t, erika) != nil {
			t.Error("somebody who did not confirm is a contact")
		}
		for range 2 { // a mail scanner opens links
			if status, page := p.get(t, link); status != http.StatusOK || !strings.Contains(page, p.texts["marketing"].DE) {
				t.Fatalf("the landing page: %d\n%s", status, page)
			}
		}
		if p.states(t, erika) != nil {
			t.Fatal("opening the link confirmed")
		}
		status, page = p.post(t, link, nil)
		words := codeWords.FindStringSubmatch(page)
		if status != http.StatusOK || words == nil || !strings.Contains(page, "beweist nur eine Nachricht von ihr") {
			t.Fatalf("the click was answered %d\n%s", status, page)
		}
		if p.states(t, erika) != nil {
			t.Fatal("the click alone made her a contact")
		}
		if _, page := p.get(t, link); !strings.Contains(page, words[1]) {
			t.Errorf("who comes back does not find the code:\n%s", page)
		}
		p.Clock.Advance(time.Minute)
		erika.Say(p.Number, words[1])
		p.Settle(t)
		got := p.states(t, erika)
		if got["marketing"] != gate.ConsentGranted || got["service"] != "" {
			t.Fatalf("consents: %v", got)
		}
		if status, page := p.post(t, link, nil); status != http.StatusOK || !strings.Contains(page, "schon bestätigt") {
			t.Errorf("another click was answered %d\n%s", status, page)
		}
		p.provesTheChain(t, erika)

		// A stop link from before still holds (RFC 8058: the mail program posts
		// from elsewhere).
		stop, err := p.Consents.StopLink(t.Context(), p.DB, p.Org.ID, p.Person(t, erika).ID)
		if err != nil {
			t.Fatal(err)
		}
		if status, _ := p.post(t, "/stop/"+stop, url.Values{"List-Unsubscribe": {"One-Click"}}, "Origin", "https://mail.example", "Sec-Fetch-Site", "cross-site"); status != http.StatusOK {
			t.Fatalf("one click was answered %d", status)
		}
		if got := p.states(t, erika); got["marketing"] != gate.ConsentWithdrawn {
			t.Errorf("after the stop link: %v", got)
		}
	})
}

// provesTheChain: the proof holds who, what, when asked, when confirmed, by
// which act (BGH I ZR 164/09), and a shortened internet address (S9).
func (p *place) provesTheChain(t *testing.T, c *sandbox.Phone) {
	t.Helper()
	person, err := p.People.ByPhone(t.Context(), p.DB, p.Org.ID, c.Phone)
	if err != nil {
		t.Fatal(err)
	}
	history, err := p.Consents.History(t.Context(), p.DB, p.Org.ID, person)
	if err != nil || len(history) != 1 {
		t.Fatalf("%v %v", history, err)
	}
	e := history[0]
	if d := e.Detail; e.Source != consents.FromForm || d.Act != "code" || d.Message.IsZero() || d.Asked == 0 || d.Clicked <= d.Asked || d.Email != "erika@beispiel.example" || d.Address != "127.0.0.0" ||
		d.Wording != p.texts["marketing"].DE || d.Version != 1 || d.Language != "de" || e.Text != p.texts["marketing"].ID {
		t.Errorf("the proof: %+v %+v", e, d)
	}
	lines, err := p.Log.ByOwner(t.Context(), p.DB, p.Org.ID, person.ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, l := range lines {
		if strings.HasPrefix(l.Kind, "consent.") || strings.HasPrefix(l.Kind, "optin.") {
			kinds = append(kinds, l.Kind)
		}
		if l.Record == nil {
			t.Errorf("%s cannot be read any more", l.Kind)
		}
	}
	if got := strings.Join(kinds, " "); got != "consent.granted optin.clicked optin.requested" {
		t.Errorf("the evidence log: %s", got)
	}
}

var codeWords = regexp.MustCompile(`<code class="mono">([^<]+)</code>`)

// S11: the code that the person sends from her own number. It asks for nothing
// else.
func TestS11ByWhatsApp(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		erika := p.Customer("Erika Mustermann", "")
		status, page := p.post(t, "/opt-in/beispiel?lang=en", p.form(t, "whatsapp", "service", "marketing"))
		words := codeWords.FindStringSubmatch(page)
		if status != http.StatusOK || words == nil || !strings.Contains(page, "https://wa.me/493023125000?text=") || !strings.Contains(page, "<svg") {
			t.Fatalf("the form was answered %d\n%s", status, page)
		}
		erika.Say(p.Number, strings.ToLower(words[1])) // typed by hand
		p.Settle(t)
		person := p.Person(t, erika)
		if person == nil {
			t.Fatal("nobody came in")
		}
		got := p.statesOf(t, person.ID)
		if got["service"] != gate.ConsentGranted || got["marketing"] != gate.ConsentGranted {
			t.Fatalf("consents: %v", got)
		}
		if answer := lastText(erika, p); !strings.Contains(answer, "Saved for: ") {
			t.Errorf("answered %q", answer)
		}
		erika.Say(p.Number, words[1])
		p.Settle(t)
		if n := p.Count(t, "consent_event", "kind = 'granted'"); n != 2 {
			t.Errorf("%d consents after the code came twice", n)
		}
	})
}

func lastText(c *sandbox.Phone, p *place) string {
	all := c.Messages(p.Number)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Business && all[i].Type == "text" {
			return string(all[i].Content)
		}
	}
	return ""
}

func TestTheFormRefuses(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	begun := func() int { return p.Count(t, "opt_in_request", "") }
	quick := p.form(t, "whatsapp", "service")
	quick.Set("stamp", "")
	old := p.form(t, "whatsapp", "service")
	machine := p.form(t, "whatsapp", "service")
	machine.Set("website", "https://spam.example")
	other := p.form(t, "whatsapp", "service")
	other.Set("text-service", id.System().New().String())
	p.Clock.Advance(-5 * time.Second)
	fast := p.form(t, "whatsapp", "service")
	p.Clock.Advance(-4 * time.Second)
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"without a stamp, as from another website": {quick, "prüfen Sie Ihre Angaben"},
		"at once":                    {fast, "prüfen Sie Ihre Angaben"},
		"by a machine":               {machine, "E-Mail geschickt"},
		"with another text":          {other, "mindestens ein Thema"},
		"without a tick":             {p.form(t, "whatsapp"), "mindestens ein Thema"},
		"with a purpose of its own":  {p.form(t, "whatsapp", "alles"), "mindestens ein Thema"},
		"with a bad phone number":    {p.byMail(t, "12", "erika@beispiel.example", "service"), "Telefonnummer stimmt nicht"},
		"with a bad e-mail address":  {p.byMail(t, "+49 176 04069001", "erika", "service"), "E-Mail-Adresse stimmt nicht"},
		"after the text has changed": {old, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p.Clock.Advance(2 * time.Minute) // the brake is another test
			if name == "at once" {
				fast.Set("stamp", "zzz."+strings.Repeat("0", 24))
			}
			if c.want == "" {
				return
			}
			if _, page := p.post(t, "/opt-in/beispiel", c.form); !strings.Contains(page, c.want) || begun() != 0 {
				t.Errorf("want %q, begun %d:\n%s", c.want, begun(), page)
			}
		})
	}
	p.Clock.Advance(2 * time.Minute)
	_, page := p.post(t, "/opt-in/beispiel?lang=de", p.byMail(t, "", " "))
	for _, box := range []string{"purpose", "phone", "email"} {
		if !strings.Contains(page, `<p class="wrong" id="wrong-`+box+`">`) {
			t.Errorf("that %s is missing is not said beside it", box)
		}
	}
	if !strings.Contains(page, "Hier fehlt Ihre Telefonnummer") || !strings.Contains(page, "Hier fehlt Ihre E-Mail-Adresse") || !strings.Contains(page, "3 Felder") || begun() != 0 {
		t.Error("what is missing is not said")
	}
	p.publish(t, "service", "Ein neuer Text.", true)
	if _, page := p.post(t, "/opt-in/beispiel", old); !strings.Contains(page, "mindestens ein Thema") || !strings.Contains(page, "Ein neuer Text.") || begun() != 0 {
		t.Errorf("an old text was agreed to:\n%s", page)
	}
	p.Write(t, func(tx store.Tx) error {
		return p.Consents.SaveSettings(t.Context(), tx, p.Org.ID, consents.Settings{})
	})
	if status, _ := p.get(t, "/opt-in/beispiel"); status != http.StatusNotFound {
		t.Errorf("a closed form answers %d", status)
	}
}

func TestAbuseIsLimited(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	for range 5 { // one address is written to three times, whoever asks
		p.Clock.Advance(time.Hour)
		if status, page := p.post(t, "/opt-in/beispiel", p.byMail(t, "+49 176 04069001", "Erika@beispiel.example", "service")); status != http.StatusOK || !strings.Contains(page, "E-Mail geschickt") {
			t.Fatalf("%d\n%s", status, page)
		}
	}
	for range 3 {
		p.mail.Next(t)
	}
	if n := p.Count(t, "opt_in_request", "way = 'e_mail'"); n != 3 {
		t.Errorf("%d mails to one address", n)
	}
	var last int
	form := p.form(t, "whatsapp", "service")
	for range 12 { // one place on the internet
		last, _ = p.post(t, "/opt-in/beispiel", form)
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the twelfth attempt in a minute was answered %d", last)
	}
}

func TestBouncesEndIt(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	p.mail.Reject["weg@beispiel.example"] = 550
	p.post(t, "/opt-in/beispiel", p.byMail(t, "+49 176 04069001", "weg@beispiel.example", "service"))
	p.Until(t, "the mail came back", func() bool { return p.Count(t, "opt_in_request", "state = 'returned'") == 1 })
	if status, page := p.post(t, "/opt-in/beispiel", p.byMail(t, "+49 176 04069001", "weg@beispiel.example", "service")); status != http.StatusUnprocessableEntity || !strings.Contains(page, "kam zurück") {
		t.Errorf("%d\n%s", status, page)
	}
}

// What nobody confirms vanishes after 14 days, and its keys with it.
func TestUnconfirmedVanishes(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		p.post(t, "/opt-in/beispiel", p.byMail(t, "+49 176 04069001", "erika@beispiel.example", "service"))
		link := confirmLink.FindString(p.mail.Next(t).Body(t))
		p.Clock.Advance(8 * 24 * time.Hour)
		if _, page := p.post(t, link, nil); !strings.Contains(page, "gilt nicht mehr") {
			t.Errorf("an old link works:\n%s", page)
		}
		keys := p.Count(t, "data_key", "")
		p.Clock.Advance(7 * 24 * time.Hour)
		p.Expire(t.Context())
		if n := p.Count(t, "opt_in_request", ""); n != 0 || p.Count(t, "data_key", "") != keys-1 {
			t.Errorf("%d requests are left, %d keys of %d", n, p.Count(t, "data_key", ""), keys)
		}
		if status, _ := p.get(t, link); status != http.StatusNotFound {
			t.Errorf("the link of a forgotten request answers %d", status)
		}
	})
}

// A mailbox must not say yes for a number that said no; she herself may.
func TestOnlyTheNumberTakesBackItsNo(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	erika := p.Customer("Erika Mustermann", "4917604069001")
	erika.Say(p.Number, "STOP")
	p.Settle(t)
	_, words, page := p.seen(t, "+49 176 04069001", "fremd@beispiel.example")
	if strings.Contains(page, "Nein") {
		t.Errorf("a stranger learns that she said no:\n%s", page)
	}
	if got := p.states(t, erika); got["marketing"] == gate.ConsentGranted || !p.Person(t, erika).Flags.OptedOut {
		t.Fatalf("a stranger said yes: %v", got)
	}
	erika.Say(p.Number, words)
	p.Settle(t)
	if got := p.states(t, erika); got["marketing"] != gate.ConsentGranted || p.Person(t, erika).Flags.OptedOut {
		t.Errorf("her own yes was not heard: %v", got)
	}
}

func TestMadeUpLinks(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	for _, path := range []string{"/opt-in/confirm/" + strings.Repeat("a", 32), "/stop/x", "/stop/" + strings.Repeat("A", 64), "/opt-in/nirgends"} {
		if status, _ := p.get(t, path); status != http.StatusNotFound {
			t.Errorf("GET %s answers %d", path, status)
		}
	}
}
