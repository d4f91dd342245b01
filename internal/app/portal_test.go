package app_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/mailtest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

var entries = regexp.MustCompile(`/portal/beispiel/enter/([A-Za-z0-9_-]+)`)

// enteredBy opens a visit with the newest link in a text.
func enteredBy(t *testing.T, o *apptest.Office, text string) visitor {
	t.Helper()
	links := entries.FindAllStringSubmatch(text, -1)
	if len(links) == 0 {
		t.Fatalf("there is no link in %q", text)
	}
	v := newVisitor(t, o)
	if status, page := v.post("/portal/beispiel/enter", url.Values{"secret": {links[len(links)-1][1]}}); status != http.StatusOK {
		t.Fatalf("the link was answered %d: %s", status, page)
	}
	return v
}

func withMail(t *testing.T, test func(t *testing.T, o *apptest.Office, post *mailtest.Server)) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		post := mailtest.Start(t, mail.Plain)
		test(t, apptest.OpenWith(t, url, apptest.Options{Config: func(c *app.Config) { c.Mail = post.Config(t) }}), post)
	})
}

// longKnown is a customer with a number and a mail address that have stood for long.
func longKnown(t *testing.T, o *apptest.Office, address string) *sandbox.Phone {
	t.Helper()
	o.Write(t, func(tx store.Tx) error {
		_, err := o.People.Resolve(t.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: "4917604069001", Email: address}})
		return err
	})
	o.Clock.Advance(contact.MailStands + time.Hour)
	erika := o.Customer("Erika Mustermann", "4917604069001")
	erika.Say(o.Number, "Guten Tag")
	o.Settle(t)
	return erika
}

// letter waits for a mail that holds a link to the portal.
func letter(t *testing.T, post *mailtest.Server) string {
	t.Helper()
	for {
		if text := post.Next(t).Body(t); entries.MatchString(text) {
			return text
		}
	}
}

// An erasure from the portal waits for a day: she is told by every proven way, is
// restricted, and stops it by another way than the one by which it was ordered.
func TestAnErasureFromThePortalWaits(t *testing.T) {
	withMail(t, func(t *testing.T, o *apptest.Office, post *mailtest.Server) {
		erika := longKnown(t, o, "erika@example.org")
		who := o.Person(t, erika).ID
		erika.Say(o.Number, "LÖSCHEN")
		o.Settle(t)
		chat := enteredBy(t, o, lastText(o, erika))
		if status, page := chat.post("/portal/beispiel/do/erase", nil); status != http.StatusOK || !strings.Contains(page, "vorgemerkt") || strings.Contains(page, "/do/keep") {
			t.Fatalf("ordering it: %d %s", status, page)
		}
		o.Settle(t)
		if p := o.Person(t, erika); p.Erased || !p.Flags.Restricted {
			t.Errorf("while it waits: %+v", p.Flags)
		}
		if text := lastText(o, erika); !strings.Contains(text, "löschen, was wir über Sie haben") {
			t.Errorf("in the chat she is told %q", text)
		}
		told := letter(t, post)
		if !strings.Contains(told, "wie Sie es anhalten") {
			t.Errorf("by mail she is told %q", told)
		}
		if status, _ := chat.post("/portal/beispiel/do/keep", nil); status != http.StatusConflict {
			t.Errorf("stopped by the way by which it was ordered: %d", status)
		}
		if err := o.Answers.EraseDue(t.Context(), o.DB, o.Orgs.IDs); err != nil || o.Person(t, erika).Erased {
			t.Errorf("it did not wait: %v", err)
		}

		box := enteredBy(t, o, told)
		if status, page := box.post("/portal/beispiel/do/keep", nil); status != http.StatusOK || !strings.Contains(page, "angehalten") {
			t.Errorf("stopping it by mail: %d", status)
		}
		if p := o.Person(t, erika); p.Flags.Restricted {
			t.Error("she stays restricted")
		}
		waits(t, o)
		if o.Person(t, erika).Erased {
			t.Error("what was stopped was done")
		}

		erika.Say(o.Number, "LÖSCHEN")
		o.Settle(t)
		enteredBy(t, o, lastText(o, erika)).post("/portal/beispiel/do/erase", nil)
		waits(t, o)
		o.Until(t, "she is erased", func() bool {
			p, err := o.Erasure.OfContact(t.Context(), o.DB, o.Org.ID, who)
			return err == nil && p.Step == erasure.Done
		})
		all, err := o.Cases.OfContact(t.Context(), o.DB, o.Org.ID, who)
		outcomes := map[cases.Outcome]int{}
		for _, c := range all {
			if c.Kind == cases.Erase {
				outcomes[c.Outcome]++
			}
		}
		if err != nil || outcomes[cases.Withdrawn] != 1 || outcomes[cases.Done] != 1 || len(outcomes) != 2 {
			t.Errorf("her requests ended as %v, %v", outcomes, err)
		}
	})
}

// A download is told by every proven way, and can be fetched for a day.
func TestADownloadFromThePortalIsAnnounced(t *testing.T) {
	withMail(t, func(t *testing.T, o *apptest.Office, post *mailtest.Server) {
		erika := longKnown(t, o, "erika@example.org")
		v := newVisitor(t, o)
		v.post("/portal/beispiel/code", url.Values{"number": {"erika@example.org"}})
		code := ""
		for code == "" {
			code = codes.FindString(post.Next(t).Body(t))
		}
		if _, page := v.post("/portal/beispiel/enter", url.Values{"number": {"erika@example.org"}, "code": {code}}); !strings.Contains(page, "+4917604069001") {
			t.Fatalf("her mail address opens nothing: %s", page)
		}
		_, page := v.post("/portal/beispiel/take", nil)
		path := downloads.FindString(page)
		o.Settle(t)
		if text := lastText(o, erika); !strings.Contains(text, "Ihre Daten abgeholt werden können") {
			t.Errorf("in the chat she is told %q", text)
		}
		if text := letter(t, post); !strings.Contains(text, "Ihre Daten abgeholt werden") {
			t.Errorf("by mail she is told %q", text)
		}
		if whole := unzip(t, v, path); whole["data.json"] == "" {
			t.Error("there is nothing in it")
		}
		o.Clock.Advance(25 * time.Hour)
		erika.Say(o.Number, "DATEN")
		o.Settle(t)
		if status, _ := enteredBy(t, o, lastText(o, erika)).get(path); status != http.StatusNotFound {
			t.Errorf("after a day it was answered %d", status)
		}
	})
}

// Whoever shows no number reaches her data by the word in the chat, and reads her
// messages; a mail address that staff have just entered opens nothing, and neither
// does a link that they send there.
func TestWhoeverShowsNoNumberReachesHerData(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		nora := o.Customer("Nora Beispiel", "")
		nora.Say(o.Number, "Ich suche eine Pumpe")
		o.Settle(t)
		if _, page := newVisitor(t, o).get("/portal/beispiel"); !strings.Contains(page, "text=DATEN") {
			t.Error("no link opens the chat with the word")
		}
		john := o.Customer("John Example", "")
		john.Say(o.Number, "Something of his own")
		o.Settle(t)
		for _, c := range []struct {
			phone             *sandbox.Phone
			word, his, others string
		}{{nora, "DATEN", "Ich suche eine Pumpe", "Something of his own"}, {john, "DATA", "Something of his own", "Ich suche eine Pumpe"}} {
			c.phone.Say(o.Number, c.word)
			o.Settle(t)
			v := enteredBy(t, o, lastText(o, c.phone))
			if _, page := v.get("/portal/beispiel/data"); !strings.Contains(page, "/portal/beispiel/messages") {
				t.Errorf("%s: nothing leads to the messages: %s", c.word, page)
			}
			if _, page := v.get("/portal/beispiel/messages"); !strings.Contains(page, c.his) || strings.Contains(page, c.others) {
				t.Errorf("%s: these are not the own messages: %s", c.word, page)
			}
		}
	})
}

// Staff who put their own number beside a customer's user id get a code there that
// shows nothing of her.
func TestACodeToANumberOfStaffShowsNothing(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	nora := o.Customer("Nora Beispiel", "")
	nora.Say(o.Number, "Etwas Geheimes")
	o.Settle(t)
	var secret string
	o.Write(t, func(tx store.Tx) error {
		_, err := o.People.Resolve(t.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: "4917604069055", BSUID: nora.UserID}})
		if err == nil { // what goes to that number
			secret, _, err = o.Visits.Invite(t.Context(), tx, o.Org.ID, o.Person(t, nora).ID, cases.ByWhatsApp, time.Hour)
		}
		return err
	})
	_, page := newVisitor(t, o).post("/portal/beispiel/enter", url.Values{"secret": {secret}})
	if strings.Contains(page, "Nora") || !strings.Contains(page, "zeigt erst eine Nachricht von Ihnen") {
		t.Errorf("the page shows her: %s", page)
	}
}

// namesPortal reports whether a letter names the portal, and not only by a link that
// opens it once.
func namesPortal(text string) bool {
	return strings.Contains(entries.ReplaceAllString(text, ""), "/portal/beispiel")
}

// Whatever we write to a person about herself names the portal: the letters of the
// double opt-in, codes by mail, answers of staff, and what is told of her requests.
func TestEveryLetterNamesThePortal(t *testing.T) {
	withMail(t, func(t *testing.T, o *apptest.Office, post *mailtest.Server) {
		erika := longKnown(t, o, "erika@example.org")
		p := o.Person(t, erika)
		o.Write(t, func(tx store.Tx) error {
			return o.Consents.SaveSettings(t.Context(), tx, o.Org.ID, optin.Settings{Form: true, ByEmail: true})
		})
		var text optin.Text
		o.Write(t, func(tx store.Tx) (err error) {
			text, _, err = o.Consents.PublishText(t.Context(), tx, o.Org.ID, optin.Service, "Sie dürfen.", "You may.", false)
			return err
		})
		o.Write(t, func(tx store.Tx) error {
			_, err := o.Requests.Begin(t.Context(), tx, o.Org.ID, optin.Ask{Way: optin.ByEmail, Texts: map[string]id.Wording{optin.Service: text.ID}, Locale: "de", Email: "kim@example.org", Phone: "4917604069009", OrgName: o.Org.Name, OrgSlug: o.Org.Slug, WhatsApp: o.Channel.DisplayNumber})
			return err
		})
		for _, way := range []string{"e_mail", "whatsapp"} {
			o.Write(t, func(tx store.Tx) error {
				c, err := o.Cases.Open(t.Context(), tx, o.Org.ID, cases.Request{Contact: p.ID, Kind: cases.Complaint, Source: "desk"})
				if err != nil {
					return err
				}
				if _, err = o.Answers.Tell(t.Context(), tx, o.Org.ID, p, way, c.ID, "Ihre Anfrage", chat.Words{Text: "Guten Tag, das haben wir geprüft."}); err != nil {
					return err
				}
				_, err = o.Answers.Prove(t.Context(), tx, o.Org, p, way, c.ID)
				return err
			})
		}
		newVisitor(t, o).post("/portal/beispiel/code", url.Values{"number": {"erika@example.org"}})
		erika.Say(o.Number, "DATEN")
		o.Settle(t)
		for _, m := range erika.Messages(o.Number) {
			if strings.Contains(string(m.Content), "geprüft") && !namesPortal(string(m.Content)) {
				t.Errorf("an answer of staff does not name the portal: %s", m.Content)
			}
		}
		before := len(erika.Messages(o.Number))
		visit := enteredBy(t, o, lastText(o, erika))
		visit.post("/portal/beispiel/take", url.Values{"kind": {"access"}})
		visit.post("/portal/beispiel/do/erase", nil)
		o.Settle(t)
		for n := range 6 { // opt-in, answer, proof, code, download, erasure
			if letter := post.Next(t).Body(t); !namesPortal(letter) {
				t.Errorf("the letter %d does not name the portal:\n%s", n, letter)
			}
		}
		told := 0
		for _, m := range erika.Messages(o.Number)[before:] {
			if told++; !namesPortal(string(m.Content)) {
				t.Errorf("a message does not name the portal: %s", m.Content)
			}
		}
		if told < 2 {
			t.Errorf("she was told of %d of 2 requests", told)
		}
	})
}

// writers are the places that write mails. Whoever adds one that goes to a person
// has it name the portal.
var writers = []string{"account/reminder/alarm.go", "account/reminder/checkpoint.go", "account/reminder/password.go", "account/reminder/reminder.go", "consent/optin/letter.go", "rights/answer/breach.go", "rights/answer/tell.go"}

func TestNobodyElseWritesMails(t *testing.T) {
	var found []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), "mail.Letter{") {
			found = append(found, filepath.ToSlash(strings.TrimPrefix(path, "../")))
		}
		return err
	})
	if err != nil || !slices.Equal(found, writers) {
		t.Errorf("mails are written in %v, %v", found, err)
	}
}

// codeIn is the code of the newest template that a phone got, as it stands in the
// body and behind the button.
func codeIn(o *apptest.Office, p *sandbox.Phone) (body, button string) {
	all := p.Messages(o.Number)
	if len(all) == 0 || all[len(all)-1].Type != "template" {
		return "", ""
	}
	var sent struct {
		Components []struct {
			Type, SubType string
			Parameters    []struct{ Text string }
		}
	}
	if err := json.Unmarshal(all[len(all)-1].Content, &sent); err != nil {
		return "", ""
	}
	for _, c := range sent.Components {
		for _, one := range c.Parameters {
			if c.Type == "body" {
				body = one.Text
			} else {
				button = one.Text
			}
		}
	}
	return body, button
}

// A code reaches whoever has never written to us, and whose window is closed, by the
// template that the assistant makes: in its body and behind its button. It shows no
// data of somebody who has never written, and lets her end things.
func TestACodeReachesWhomWeNeverHeardFrom(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin := o.SignIn(t, user.Admin)
		o.Sandbox.SetTemplateStatus(apptest.WABA, "code", "de", "DISABLED")
		o.Until(t, "it is known", func() bool { return o.Count(t, "template", "name = 'code' AND state = 'DISABLED'") == 1 })
		if _, page := visit(t, o, admin, "/settings/templates"); !strings.Contains(page, "Es fehlt die Vorlage für Codes") {
			t.Error("nobody says that the template is missing")
		}
		nina, erika := o.Customer("Nina", "4917604069021"), o.Customer("Erika", "4917604069022")
		o.Write(t, func(tx store.Tx) error {
			_, err := o.People.Resolve(t.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: nina.Phone, Offered: "Nina Neu"}})
			return err
		})
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		o.Clock.Advance(25 * time.Hour)
		admin = o.SignIn(t, user.Admin)
		ask := func(p *sandbox.Phone) visitor {
			v := newVisitor(t, o)
			v.post("/portal/beispiel/code", url.Values{"number": {"+" + p.Phone}})
			return v
		}
		ask(nina)
		if _, page := submit(t, o, admin, "/settings/templates/codes", nil); o.Count(t, "template", "category = 'authentication'") != 3 {
			t.Fatal("the templates were not handed in: ", page)
		}
		o.Until(t, "Meta has approved it", func() bool {
			_, page := visit(t, o, admin, "/settings/templates")
			return strings.Contains(page, "Codes erreichen jede Nummer")
		})
		if n := len(nina.Messages(o.Number)); n != 0 {
			t.Fatalf("%d messages went out without the template", n)
		}
		o.Clock.Advance(5 * time.Minute) // codes are not made one right after the other
		for p, sees := range map[*sandbox.Phone]string{nina: "zeigt erst eine Nachricht von Ihnen", erika: "Meine Nachrichten lesen"} {
			v := ask(p)
			var body, button string
			o.Until(t, "the code is there", func() bool { body, button = codeIn(o, p); return body != "" })
			if len(body) != 8 || button != body {
				t.Errorf("%s: the code is %q, behind the button %q: %s", p.Name, body, button, lastText(o, p))
			}
			if status, page := v.post("/portal/beispiel/enter", url.Values{"number": {"+" + p.Phone}, "code": {body}}); status != http.StatusOK || !strings.Contains(page, sees) || strings.Contains(page, "Nina Neu") {
				t.Errorf("%s enters and sees: %d %s", p.Name, status, page)
			}
		}
	})
}

// A merge while an erasure waits: by staff, it erases nobody, because nobody proved
// that both are hers; her request stays, with its clock, for the data protection
// officer, and nothing is used meanwhile. Where WhatsApp shows that both are hers,
// she is erased whole, once.
func TestAMergeWhileAnErasureWaits(t *testing.T) {
	order := func(t *testing.T, o *apptest.Office) (erika, kim *sandbox.Phone) {
		erika, kim = o.Customer("Erika", "4917604069031"), o.Customer("Kim", "4917604069032")
		erika.Say(o.Number, "LÖSCHEN")
		kim.Say(o.Number, "Guten Tag")
		o.Settle(t)
		enteredBy(t, o, lastText(o, erika)).post("/portal/beispiel/do/erase", nil)
		o.Settle(t)
		return erika, kim
	}
	for _, gone := range []string{"hers", "the other"} {
		t.Run("by staff, "+gone+" goes", func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, o *apptest.Office) {
				erika, kim := order(t, o)
				from, into := o.Person(t, erika).ID, o.Person(t, kim).ID
				if gone == "the other" {
					from, into = into, from
				}
				o.Write(t, func(tx store.Tx) error { return o.People.Merge(t.Context(), tx, o.Org.ID, from, into) })
				waits(t, o)
				p := o.Person(t, kim)
				if p.Erased || !p.Flags.Restricted || o.Count(t, "message", "") == 0 {
					t.Errorf("more was erased than she proved, or it is used: %+v", p.Flags)
				}
				all, err := o.Cases.OfContact(t.Context(), o.DB, o.Org.ID, p.ID)
				i := slices.IndexFunc(all, func(c cases.Case) bool { return c.Kind == cases.Erase && c.Outcome == "" && c.Closed.IsZero() })
				if err != nil || i < 0 {
					t.Fatalf("her request is lost: %+v, %v", all, err)
				}
				if _, err := o.Visits.Erasing(t.Context(), o.DB, o.Org.ID, p.ID); !errors.Is(err, cases.ErrNoWish) {
					t.Errorf("it goes on by itself: %v", err)
				}
			})
		})
	}
	t.Run("shown by WhatsApp", func(t *testing.T) {
		apptest.Each(t, func(t *testing.T, o *apptest.Office) {
			const number = "4917604069033"
			nora := o.Customer("Nora", "")
			nora.Say(o.Number, "Ohne Nummer")
			o.Settle(t)
			o.Post(t, apptest.Text("wamid.number", number, "Nora", "Mit Nummer", o.Clock.Now()))
			known, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, number)
			if err != nil || known == nil {
				t.Fatal(err)
			}
			one, other := known.ID, o.Person(t, nora).ID
			var secret string
			o.Write(t, func(tx store.Tx) (err error) {
				secret, _, err = o.Visits.Link(t.Context(), tx, o.Org.ID, one)
				return err
			})
			v := newVisitor(t, o)
			v.post("/portal/beispiel/enter", url.Values{"secret": {secret}})
			if _, page := v.post("/portal/beispiel/do/erase", nil); !strings.Contains(page, "vorgemerkt") {
				t.Fatalf("it was not ordered: %s", page)
			}
			nora.ShowNumber(number)
			nora.Say(o.Number, "Ich bin beide")
			o.Settle(t)
			a, err := o.People.Get(t.Context(), o.DB, o.Org.ID, one)
			b, err2 := o.People.Get(t.Context(), o.DB, o.Org.ID, other)
			if err != nil || err2 != nil || a.ID != b.ID {
				t.Fatalf("they did not become one: %v, %v", err, err2)
			}
			waits(t, o)
			o.Until(t, "she is erased", func() bool {
				p, err := o.Erasure.OfContact(t.Context(), o.DB, o.Org.ID, a.ID)
				return err == nil && p.Step == erasure.Done
			})
			if n := o.Count(t, "message", "contact_id = ?", a.ID) + o.Count(t, "identity", "contact_id = ?", a.ID); n != 0 {
				t.Errorf("%d rows of hers are left", n)
			}
		})
	})
}

// A program cannot make one person of a number and somebody else's user id: whoever
// has the user id would get the number's data with her own code.
func TestAProgramCannotPairANumberWithAUserID(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika, mallory := o.Customer("Erika", "4917604069041"), o.Customer("Mallory", "")
		erika.Say(o.Number, "Etwas Geheimes")
		mallory.Say(o.Number, "Hallo")
		o.Settle(t)
		one, other := o.Person(t, erika).ID, o.Person(t, mallory).ID
		pair := func(phone, bsuid string) (status int, code string) {
			var said struct {
				Code string `json:"code"`
			}
			status = o.REST(t, http.MethodPost, "/api/v1/contacts", map[string]any{"phone": phone, "bsuid": bsuid, "name": "Erika"}, &said)
			return status, said.Code
		}
		for name, phone := range map[string]string{"another's number": "+" + erika.Phone, "a number that nobody has": "+4917604069049"} {
			if status, code := pair(phone, mallory.UserID); status != http.StatusConflict || code != "unproven_pair" {
				t.Errorf("%s: %d %s", name, status, code)
			}
		}
		if status, code := pair("+4917604069049", "DE.4711"); status != http.StatusConflict || code != "unproven_pair" {
			t.Errorf("two that nobody knows: %d %s", status, code)
		}
		if status := o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"to": "+" + erika.Phone, "recipient": mallory.UserID, "type": "text", "text": map[string]any{"body": "Hallo"}}, nil); status != http.StatusUnprocessableEntity {
			t.Errorf("a message to both: %d", status)
		}
		if o.Person(t, erika).ID != one || o.Person(t, mallory).ID != other || one == other {
			t.Error("they are one person now")
		}
		if status, _ := pair("+"+erika.Phone, erika.UserID); status != http.StatusCreated {
			t.Errorf("what WhatsApp has shown: %d", status)
		}
	})
}
