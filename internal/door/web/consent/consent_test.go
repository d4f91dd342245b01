package consent_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/mailtest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// place is an office with texts, a mail server and two members of staff.
type place struct {
	*apptest.Office
	mail  *mailtest.Server
	staff map[user.Role]*http.Client
}

// by is the browser of a member of staff.
func (p *place) by(t *testing.T, role user.Role) *http.Client {
	t.Helper()
	if p.staff[role] == nil {
		p.staff[role] = p.SignIn(t, role)
	}
	return p.staff[role]
}

func open(t *testing.T, u string) *place {
	t.Helper()
	p := &place{mail: mailtest.Start(t, mail.StartTLS), staff: map[user.Role]*http.Client{}}
	p.Office = apptest.OpenWith(t, u, apptest.Options{Config: func(c *app.Config) { c.Mail = p.mail.Config(t) }})
	p.Write(t, func(tx store.Tx) error {
		for _, purpose := range []string{optin.Service, optin.Utility, optin.Marketing} {
			if _, _, err := p.Consents.PublishText(t.Context(), tx, p.Org.ID, purpose, "Ja, gern: "+purpose, "Yes, please: "+purpose, false); err != nil {
				return err
			}
		}
		return nil
	})
	return p
}

func (p *place) get(t *testing.T, who *http.Client, path string) (int, []byte) {
	t.Helper()
	resp, err := who.Get(p.URL + path)
	return read(t, resp, err)
}

func (p *place) post(t *testing.T, who *http.Client, path string, form url.Values) (int, string) {
	t.Helper()
	resp, err := who.PostForm(p.URL+path, form)
	status, body := read(t, resp, err)
	return status, string(body)
}

func read(t *testing.T, resp *http.Response, err error) (int, []byte) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// upload posts the form for a consent on paper, with a picture.
func (p *place) upload(t *testing.T, who *http.Client, path string, fields map[string]string, file []byte) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if file != nil {
		part, err := form.CreateFormFile("file", "formular.png")
		if err == nil {
			_, err = part.Write(file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	resp, err := who.Post(p.URL+path, form.FormDataContentType(), &body)
	_, page := read(t, resp, err)
	return string(page)
}

func (p *place) state(t *testing.T, person *chat.Known, purpose string) gate.ConsentState {
	t.Helper()
	all, err := p.Consents.States(t.Context(), p.DB, p.Org.ID, person.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Purpose == purpose {
			return s.State
		}
	}
	return gate.ConsentNone
}

// arrives lets a customer write first.
func (p *place) arrives(t *testing.T, name, phone string) (*sandbox.Phone, *chat.Known) {
	t.Helper()
	c := p.Customer(name, phone)
	c.Say(p.Number, "Guten Tag")
	p.Settle(t)
	return c, p.Person(t, c)
}

var picture = []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("x", 300_000))

// On paper, with a photo and a second pair of eyes.
func TestOnPaperWithFourEyes(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		_, erika := p.arrives(t, "Erika Mustermann", "4917604069001")
		p.Write(t, func(tx store.Tx) error {
			return p.Consents.SaveSettings(t.Context(), tx, p.Org.ID, optin.Settings{FourEyes: true})
		})
		path := "/people/" + erika.ID.String() + "/consent"
		fields := map[string]string{"purpose": "marketing", "words": "ours", "note": "Formular vom Empfang", "date": apptest.Start.AddDate(0, 0, -1).Format(time.DateOnly)}
		if page := p.upload(t, p.by(t, user.Agent), path, fields, []byte("#!/bin/sh")); !strings.Contains(page, "Ein Beleg ist ein Bild") {
			t.Fatalf("a script was taken as a proof:\n%s", page)
		}
		if page := p.upload(t, p.by(t, user.Agent), path, fields, picture); !strings.Contains(page, "sobald eine zweite Person") {
			t.Fatalf("the answer:\n%s", page)
		}
		if got := p.state(t, erika, "marketing"); got != gate.ConsentNone {
			t.Fatalf("one pair of eyes was enough: %s", got)
		}
		_, list := p.get(t, p.by(t, user.DPO), "/consent/waiting")
		claim := regexp.MustCompile(`/consent/waiting/[0-9a-f-]{36}`).FindString(string(list))
		file := regexp.MustCompile(`/people/[0-9a-f-]{36}/consent/files/[0-9a-f-]{36}`).FindString(string(list))
		if status, got := p.get(t, p.by(t, user.DPO), file); status != http.StatusOK || !bytes.Equal(got, picture) {
			t.Fatalf("the photo: %d, %d bytes", status, len(got))
		}
		if _, page := p.post(t, p.by(t, user.Agent), claim, url.Values{"decision": {"confirm"}}); !strings.Contains(page, "andere Person") {
			t.Errorf("she confirmed her own record:\n%s", page)
		}
		p.post(t, p.by(t, user.DPO), claim, url.Values{"decision": {"confirm"}})
		if got := p.state(t, erika, "marketing"); got != gate.ConsentGranted {
			t.Fatalf("after the second pair of eyes: %s", got)
		}
		history, err := p.Consents.History(t.Context(), p.DB, p.Org.ID, erika)
		if err != nil || len(history) != 1 || history[0].Detail.Second.IsZero() || history[0].Detail.FileHash == "" || history[0].Detail.Wording != "Ja, gern: marketing" || history[0].Source != "paper" {
			t.Errorf("the proof: %+v %v", history, err)
		}
		if _, page := p.get(t, p.by(t, user.Agent), path); !strings.Contains(string(page), "Formular vom Empfang") {
			t.Errorf("the history does not show it:\n%s", page)
		}
	})
}

// Inside a conversation that the customer opened: the question with buttons.
func TestOnWhatsAppByButton(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	erika, known := p.arrives(t, "Erika Mustermann", "4917604069001")
	path := "/people/" + known.ID.String() + "/consent"
	if _, page := p.post(t, p.by(t, user.Agent), path+"/ask", url.Values{"purpose": {"marketing"}}); !strings.Contains(page, "ist selbst Werbung") {
		t.Errorf("she was asked for advertising:\n%s", page)
	}
	if _, page := p.post(t, p.by(t, user.Agent), path+"/ask", url.Values{"purpose": {"service"}}); !strings.Contains(page, "Die Frage ist unterwegs") {
		t.Fatalf("the answer:\n%s", page)
	}
	p.Settle(t)
	all := erika.Messages(p.Number)
	asked := all[len(all)-1]
	var content struct {
		Action struct {
			Buttons []struct{ Reply struct{ ID, Title string } }
		}
	}
	if err := json.Unmarshal(asked.Content, &content); err != nil || len(content.Action.Buttons) != 2 || asked.Type != "interactive" {
		t.Fatalf("the phone shows %+v", asked)
	}
	if _, page := p.post(t, p.by(t, user.Agent), path+"/ask", url.Values{"purpose": {"service"}}); !strings.Contains(page, "90 Tagen") {
		t.Errorf("she is asked twice:\n%s", page)
	}
	yes, no := content.Action.Buttons[0].Reply, content.Action.Buttons[1].Reply
	erika.Press(p.Number, asked.ID, yes.ID, yes.Title)
	p.Settle(t)
	if got := p.state(t, known, "service"); got != gate.ConsentGranted {
		t.Fatalf("after yes: %s", got)
	}
	erika.Press(p.Number, asked.ID, no.ID, no.Title)
	p.Settle(t)
	if got := p.state(t, known, "service"); got != gate.ConsentWithdrawn {
		t.Errorf("after no: %s", got)
	}
}

// S10: the first message tells from which poster the person came.
func TestS10TheSourceIsRecorded(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	admin := p.SignIn(t, user.Admin)
	if status, page := p.post(t, admin, "/consent/entries", url.Values{"name": {"Aushang"}, "words": {"Guten Tag"}, "channel": {p.Channel.ID.String()}}); status != http.StatusOK {
		t.Fatalf("%d\n%s", status, page)
	}
	all, err := p.Entries.All(t.Context(), p.DB, p.Org.ID)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	for path, prefix := range map[string]string{"qr.svg": "<svg", "qr.png": "\x89PNG", "sheet.pdf": "%PDF"} {
		if status, got := p.get(t, admin, "/consent/entries/"+all[0].ID.String()+"/"+path); status != http.StatusOK || !bytes.HasPrefix(got, []byte(prefix)) {
			t.Errorf("%s: %d %.20q", path, status, got)
		}
	}
	if _, page := p.post(t, admin, "/consent/entries/"+all[0].ID.String()+"/short", nil); !strings.Contains(page, "https://wa.me/message/") {
		t.Errorf("no short link:\n%s", page)
	}
	erika := p.Customer("Erika Mustermann", "4917604069001")
	erika.Say(p.Number, all[0].Message())
	p.Settle(t)
	from, err := p.Entries.OfPerson(t.Context(), p.DB, p.Org.ID, p.Person(t, erika).ID)
	if err != nil || len(from) != 1 || from[0].Name != "Aushang" {
		t.Errorf("came from %v %v", from, err)
	}
}

// A withdrawal holds at once, also for a message that waits in the queue.
func TestAWithdrawalStopsWhatWaits(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		erika, known := p.arrives(t, "Erika Mustermann", "4917604069001")
		p.Write(t, func(tx store.Tx) error {
			_, err := p.Consents.Grant(t.Context(), tx, p.Org.ID, known, optin.Event{Purpose: optin.Marketing, Source: optin.FromPaper, Detail: optin.Detail{Note: "Beispiel", Wording: "Ja.", File: id.File(p.IDs.New())}})
			return err
		})
		p.Clock.Advance(12 * time.Hour) // quiet hours: the message waits until morning
		var q outbox.Queued
		p.Write(t, func(tx store.Tx) error {
			var err error
			q, err = p.Outbox.Enqueue(t.Context(), tx, outbox.Draft{Org: p.Org.ID, Contact: known.ID, Channel: p.Channel.ID, Origin: chat.FromCampaign,
				Content: cloudapi.Content{Type: cloudapi.TypeTemplate, Template: &cloudapi.Template{Name: "angebot", Language: cloudapi.TemplateLanguage{Code: "de"},
					Components: []cloudapi.TemplateComponent{{Type: "body", Parameters: []cloudapi.TemplateParameter{{Type: "text", Text: "Erika"}}}}}},
				Request: outbox.Request{Occasion: gate.Campaign, AskedBy: "test"}})
			return err
		})
		if q.Verdict.Outcome != gate.Defer {
			t.Fatalf("the verdict: %+v", q.Verdict)
		}
		before := len(erika.Messages(p.Number))
		if _, page := p.post(t, p.SignIn(t, user.Agent), "/people/"+known.ID.String()+"/consent/withdraw", url.Values{"purpose": {"marketing"}, "sure": {"yes"}}); !strings.Contains(page, "Zurückgenommen") {
			t.Fatalf("the answer:\n%s", page)
		}
		p.Clock.Advance(12 * time.Hour)
		p.Until(t, "the message is judged anew", func() bool {
			return p.Count(t, "message", "id = ? AND state = 'cancelled'", q.Message)+p.Count(t, "message", "id = ? AND state = 'failed'", q.Message) == 1
		})
		if n := len(erika.Messages(p.Number)); n != before {
			t.Errorf("it went out: %d messages, want %d", n, before)
		}
	})
}

// What time does: use prolongs, no use expires, a new text supersedes.
func TestExpiryRenewalAndNewTexts(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		_, known := p.arrives(t, "Erika Mustermann", "4917604069001")
		p.Write(t, func(tx store.Tx) error {
			_, err := p.Consents.Grant(t.Context(), tx, p.Org.ID, known, optin.Event{Purpose: optin.Marketing, Source: optin.FromPaper, Detail: optin.Detail{Note: "Beispiel", Wording: "Ja.", File: id.File(p.IDs.New())}})
			return err
		})
		p.Clock.Set(apptest.Start.AddDate(0, 24, 1))
		if got := p.state(t, known, "marketing"); got != gate.ConsentExpired {
			t.Errorf("after 24 months: %s", got)
		}
		p.Expire(t.Context())
		if p.Count(t, "consent_event", "kind = 'expired'") != 1 {
			t.Error("the end is not on record")
		}
		p.Write(t, func(tx store.Tx) error {
			_, err := p.Consents.Grant(t.Context(), tx, p.Org.ID, known, optin.Event{Purpose: optin.Service, Source: "verbal", Detail: optin.Detail{Note: "Beispiel"}})
			return err
		})
		admin := p.SignIn(t, user.Admin)
		if _, page := p.post(t, admin, "/consent/purposes/service/text", url.Values{"text_de": {"Neu"}, "text_en": {"New"}, "material": {"no"}}); !strings.Contains(page, "veröffentlicht") || p.state(t, known, "service") != gate.ConsentGranted {
			t.Errorf("an editorial change: %s", p.state(t, known, "service"))
		}
		p.Clock.Advance(time.Minute)
		if _, page := p.post(t, admin, "/consent/purposes/service/text", url.Values{"text_de": {"Mehr"}, "text_en": {"More"}, "material": {"yes"}}); !strings.Contains(page, "1 Person muss neu gefragt werden") || p.state(t, known, "service") != gate.ConsentSuperseded {
			t.Errorf("a change in substance: %s", p.state(t, known, "service"))
		}
	})
}

// The proof about a person: one file that verifies offline, also when her key
// is destroyed.
func TestTheProofForAnAuthority(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	_, known := p.arrives(t, "Erika Mustermann", "4917604069001")
	p.Write(t, func(tx store.Tx) error {
		_, err := p.Consents.Grant(t.Context(), tx, p.Org.ID, known, optin.Event{Purpose: optin.Service, Source: "verbal", Detail: optin.Detail{Note: "am Telefon"}})
		return err
	})
	path := "/people/" + known.ID.String() + "/consent/proof"
	if status, _ := p.get(t, p.by(t, user.Agent), path); status != http.StatusForbidden {
		t.Errorf("an agent took the proof: %d", status)
	}
	report, lines := p.proof(t, path)
	if report.Opened != report.Leaves || report.Leaves < 4 || !bytes.Contains(lines, []byte("am Telefon")) || !bytes.Contains(lines, []byte("Ja, gern: service")) {
		t.Errorf("%+v\n%s", report, lines)
	}
	p.Write(t, func(tx store.Tx) error {
		keys, err := p.Vault.Org(t.Context(), tx, p.Org.ID)
		if err == nil {
			_, err = keys.Destroy(t.Context(), tx, known.ID)
		}
		return err
	})
	after, lines := p.proof(t, path)
	if after.Leaves != report.Leaves || after.Opened >= report.Opened || bytes.Contains(lines, []byte("am Telefon")) {
		t.Errorf("with the key destroyed: %+v\n%s", after, lines)
	}
}

func (p *place) proof(t *testing.T, path string) (evidence.Report, []byte) {
	t.Helper()
	status, raw := p.get(t, p.by(t, user.DPO), path)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if status != http.StatusOK || err != nil {
		t.Fatalf("%d %v", status, err)
	}
	f, err := z.Open("proof.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	report, err := evidence.Verify(bytes.NewReader(lines), "")
	if err != nil {
		t.Fatal(err)
	}
	return report, lines
}

// Once a day the data protection officer gets the signed checkpoint by mail.
func TestCheckpointsByMail(t *testing.T) {
	p := open(t, storetest.SQLite(t))
	p.by(t, user.DPO)
	p.Expire(t.Context())
	p.Expire(t.Context())
	m := p.mail.Next(t)
	kept := evidence.ReadCheckpoints(m.Body(t))
	if len(kept) != 1 || !strings.HasPrefix(m.To, "dpo-") {
		t.Fatalf("to %s: %q", m.To, m.Body(t))
	}
	p.arrives(t, "Erika Mustermann", "4917604069001")
	var out bytes.Buffer
	if err := p.Log.Export(t.Context(), p.DB, p.Org.ID, &out, evidence.Opened{Closed: true}, store.Alone{}); err != nil {
		t.Fatal(err)
	}
	if _, err := evidence.Verify(&out, "", kept...); err != nil {
		t.Error(err)
	}
	p.Clock.Advance(24 * time.Hour)
	p.Expire(context.WithoutCancel(t.Context()))
	p.mail.Next(t)
	if n := len(p.mail.Mails()); n != 2 {
		t.Errorf("%d mails in two days", n)
	}
}
