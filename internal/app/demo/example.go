package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/pii"
	"einklang/sandbox"
)

// exampleDays is how far back the example conversations begin.
const exampleDays = 3 * 24 * time.Hour

// staffDays is how long before that the example staff came.
const staffDays = 90 * 24 * time.Hour

func settings() org.Settings {
	s := org.DefaultSettings()
	s.Budget = 500_000_000
	s.Country = "DE"
	s.Prices = org.Prices{Service: 45_000, Marketing: 110_000, Utility: 45_000, Authentication: 45_000}
	return s
}

// customers are plainly examples. Numbers are from the ranges that are kept
// free for fiction in Germany and the United Kingdom.
var customers = []sandbox.Customer{
	{ID: "erika", Name: "Erika Mustermann", Phone: "4917604069001", UserID: "DE.1300000000000001"},
	{ID: "max", Name: "Max Mustermann", Phone: "4917604069002", UserID: "DE.1300000000000002"},
	{ID: "lieschen", Name: "Lieschen Müller", Username: "lieschen.mueller", UserID: "DE.1300000000000003"},
	{ID: "otto", Name: "Otto Normalverbraucher", Phone: "4917604069004", UserID: "DE.1300000000000004"},
	{ID: "john", Name: "John Doe", Phone: "447700900123", UserID: "GB.1300000000000005"},
	{ID: "jane", Name: "Jane Roe", Username: "jane.roe", UserID: "GB.1300000000000006"},
	{ID: "kaethe", Name: "Käthe Groß-Beispiel", Phone: "4917604069007", UserID: "DE.1300000000000007"},
	{ID: "stopp", Name: "Moritz Muster", Phone: "4917604069008", UserID: "DE.1300000000000008"},
}

// addTemplates puts the company's templates at Meta. Each but the code's brings
// the link to the privacy notice, so that it may be the first message.
func addTemplates(s *sandbox.Sandbox, privacy string) {
	button := func(text string) string {
		return fmt.Sprintf(`{"type":"URL","text":%q,"url":%q}`, text, privacy)
	}
	de, en := button("Datenschutz"), button("Privacy")
	for _, t := range []sandbox.Template{
		{Name: "termin_erinnerung", Language: "de", Category: "UTILITY", Components: []byte(`[{"type":"BODY","text":"Guten Tag {{1}}, wir erinnern an Ihren Termin am {{2}} um {{3}} Uhr.","example":{"body_text":[["Erika Mustermann","1. Dezember","10"]]}},{"type":"FOOTER","text":"Beispiel GmbH"},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Bestätigen"},{"type":"QUICK_REPLY","text":"Verschieben"},` + de + `]}]`)},
		{Name: "versand_bestaetigung", Language: "de", Category: "UTILITY", Components: []byte(`[{"type":"HEADER","format":"TEXT","text":"Ihre Bestellung {{1}}"},{"type":"BODY","text":"Guten Tag {{1}}, Ihre Bestellung ist unterwegs. Voraussichtliche Lieferung: {{2}}."},{"type":"BUTTONS","buttons":[` + de + `]}]`)},
		{Name: "appointment_reminder", Language: "en", Category: "UTILITY", Components: []byte(`[{"type":"BODY","text":"Hello {{1}}, this is a reminder of your appointment on {{2}} at {{3}}."},{"type":"FOOTER","text":"Beispiel GmbH"},{"type":"BUTTONS","buttons":[` + en + `]}]`)},
		{Name: "herbst_angebot", Language: "de", Category: "MARKETING", Components: []byte(`[{"type":"BODY","text":"Guten Tag {{1}}, diese Woche 10 % auf alle Ersatzteile."},{"type":"FOOTER","text":"Keine Werbung mehr? Antworten Sie mit STOP."},{"type":"BUTTONS","buttons":[` + de + `]}]`)},
		{Name: "zufriedenheit", Language: "de", Category: "UTILITY", Components: []byte(`[{"type":"BODY","text":"Guten Tag {{1}}, wie zufrieden waren Sie mit unserer Werkstatt? Antworten Sie mit einer Zahl von 1 bis 5. Keine solchen Fragen mehr? Antworten Sie mit STOP."},{"type":"BUTTONS","buttons":[` + de + `]}]`)},
		{Name: "einmalcode", Language: "de", Category: "AUTHENTICATION", Components: []byte(`[{"type":"BODY","text":"Ihr Code lautet {{1}}."},{"type":"BUTTONS","buttons":[{"type":"URL","text":"Code kopieren","url":"https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"}]}]`)},
		{Name: "alte_aktion", Language: "de", Category: "MARKETING", Status: "PAUSED", Components: []byte(`[{"type":"BODY","text":"Guten Tag {{1}}, unsere Aktion läuft. STOP beendet Werbung."}]`)},
	} {
		s.AddTemplate(waba, t)
	}
}

const noticeDE = `## Verantwortlich

Beispiel GmbH, Musterstraße 1, 10115 Berlin, datenschutz@example.com

## Wofür und auf welcher Grundlage

Wenn Sie uns auf WhatsApp schreiben, verarbeiten wir Ihre Nummer oder Nutzerkennung, Ihren Profilnamen und den Inhalt Ihrer Nachrichten, um Ihr Anliegen zu beantworten (Art. 6 Abs. 1 lit. b und f DSGVO). Werbung senden wir nur mit Ihrer Einwilligung (Art. 6 Abs. 1 lit. a DSGVO).

## Wer die Daten bekommt

WhatsApp Ireland Ltd. übermittelt die Nachrichten in unserem Auftrag, mit Meta Platforms, Inc. als Unterauftragsverarbeiter.

## Übermittlung in Drittländer

Meta verarbeitet Daten auch in den USA. Grundlage sind das EU-US Data Privacy Framework und Standardvertragsklauseln.

## Wie lange wir speichern

Wir löschen Nachrichten 12 Monate nach Abschluss der Unterhaltung und Dateien nach 90 Tagen.

## Ihre Rechte

Sie können Auskunft, Berichtigung, Löschung, Einschränkung und Übertragung Ihrer Daten verlangen und der Verarbeitung widersprechen.

## Einwilligung zurücknehmen

Mit STOP enden unsere Nachrichten sofort. Jede Einwilligung können Sie jederzeit zurücknehmen.

## Beschwerde

Sie können sich bei einer Aufsichtsbehörde beschweren, zum Beispiel an Ihrem Wohnort.

## Müssen Sie uns Daten geben?

Nein. Sie erreichen uns auch am Telefon und per E-Mail.

## Automatisierte Entscheidungen

Es gibt keine automatisierten Entscheidungen.`

const noticeEN = `## Controller

Beispiel GmbH, Musterstraße 1, 10115 Berlin, datenschutz@example.com

## What for and on which basis

When you write to us on WhatsApp we process your number or user ID, your profile name and the content of your messages to answer you (GDPR Art. 6(1)(b) and (f)). We send advertising only with your consent (GDPR Art. 6(1)(a)).

## Who receives the data

WhatsApp Ireland Ltd. transmits the messages on our behalf, with Meta Platforms, Inc. as a sub-processor.

## Transfer to third countries

Meta processes data in the USA as well. The basis is the EU–US Data Privacy Framework and standard contractual clauses.

## How long we keep it

We delete messages 12 months after the conversation has ended and files after 90 days.

## Your rights

You may ask for access, correction, erasure, restriction and a transfer of your data, and object to the processing.

## Taking consent back

STOP ends our messages at once. You can take back any consent at any time.

## Complaint

You may complain to a supervisory authority, for example where you live.

## Do you have to give us data?

No. You can also reach us by phone and e-mail.

## Automated decisions

There are no automated decisions.`

// player plays the example conversations: as the customers on their phones and
// as the agent in the inbox, each at its moment.
type player struct {
	pii.Personal
	d       *Demo
	ctx     context.Context
	channel org.Channel
	agent   user.Account
	phones  map[string]*sandbox.Phone
	err     error
}

// example plays three days through the real doors, with the clock set back.
func (d *Demo) example(ctx context.Context, c org.Channel, agent user.Account) error {
	p := &player{d: d, ctx: ctx, channel: c, agent: agent, phones: map[string]*sandbox.Phone{}}
	for _, one := range customers {
		p.phones[one.ID] = d.Sandbox.AddCustomer(one)
	}
	p.play()
	d.offset.Store(0)
	return p.err
}

func (p *player) play() {
	day, hour, minute := 24*time.Hour, time.Hour, time.Minute

	p.at(2*day + 6*hour)
	p.say("erika", "Guten Tag! Meine Kaffeemaschine KM 200 zeigt *Fehler E4*. Was kann ich tun?")
	p.send("erika", "image", map[string]any{"id": p.d.Sandbox.AddFile("image/png", picture()), "mime_type": "image/png", "sha256": "", "caption": "So sieht die Anzeige aus"})
	p.at(2*day + 5*hour + 48*minute)
	p.reply("erika", "Guten Tag Frau Mustermann, danke für das Bild. E4 heißt: Bitte entkalken. Die Anleitung dazu: https://example.com/e4")
	p.at(2*day + 5*hour + 30*minute)
	p.say("erika", "Hat geklappt, vielen Dank!")
	p.react("erika", "❤️")
	p.at(2*day + 5*hour + 25*minute)
	p.reply("erika", "Das freut uns. Einen schönen Tag!")
	p.look("erika")

	p.at(2*day + 3*hour)
	p.say("john", "Hello, do you ship spare parts to the UK?")
	p.at(2*day + 2*hour + 40*minute)
	p.reply("john", "Hello Mr Doe, yes, we do. Which part do you need?")
	p.at(2*day + 2*hour)
	p.say("john", "The water tank for the KM 200.")
	p.send("john", "location", map[string]any{"latitude": 51.5007, "longitude": -0.1246, "name": "Example Street 1", "address": "London"})

	p.at(day + 8*hour)
	p.say("lieschen", "Ich möchte einen Termin für die Wartung verschieben 🙂")
	p.at(day + 7*hour + 50*minute)
	p.buttons("lieschen", "Gern. Welcher Tag passt Ihnen?", "Montag", "Mittwoch", "Freitag")
	p.press("lieschen", "Mittwoch")
	p.at(day + 7*hour + 30*minute)
	p.reply("lieschen", "Mittwoch, 10 Uhr, ist eingetragen.")

	p.at(day + 6*hour)
	p.say("stopp", "Bitte keine Nachrichten mehr.")
	p.say("stopp", "STOP")

	p.at(day + 5*hour)
	p.say("kaethe", "Wie ist der Preis für den großen Wassertank?")
	p.at(day + 4*hour + 50*minute)
	p.reply("kaethe", "Guten Tag, der große Wassertank kostet 34,90 € inklusive Versand.")
	p.say("kaethe", "Dann nehme ich einen. Kann ich auch Ihre Angebote bekommen?")
	p.reply("kaethe", "Gern. Schreiben Sie uns dafür bitte das Wort ANGEBOTE.")
	p.say("kaethe", "ANGEBOTE")

	p.label("kaethe", "Stammkunde")
	p.label("erika", "Stammkunde")
	p.label("lieschen", "Werkstatt")

	p.at(26 * hour)
	p.say("otto", "Ist meine Bestellung 4711 schon unterwegs?")

	p.at(5 * hour)
	p.say("max", "Hallo, ich habe eine Frage zur Rechnung.")
	p.send("max", "document", map[string]any{"id": p.d.Sandbox.AddFile("application/pdf", document()), "mime_type": "application/pdf", "sha256": "", "filename": "Rechnung-Beispiel.pdf"})
	p.at(4 * hour)
	p.reply("max", "Guten Tag Herr Mustermann, wir sehen uns die Rechnung an und melden uns heute noch.")
	p.at(2 * hour)
	p.send("max", "audio", map[string]any{"id": p.d.Sandbox.AddFile("audio/mpeg", silence()), "mime_type": "audio/mpeg", "sha256": "", "voice": true})
	p.send("max", "contacts", []any{map[string]any{"name": map[string]any{"formatted_name": "Anna Beispiel"}, "phones": []any{map[string]any{"phone": "+49 176 04069050", "type": "CELL"}}}})

	p.at(50 * minute)
	p.say("jane", "Hi! Is the workshop open on Saturday?")
	p.at(20 * minute)
	p.say("erika", "Noch eine Frage: Wo bekomme ich den Entkalker?")
	p.at(6 * minute)
	p.say("lieschen", "Doch lieber Freitag, geht das?")
}

func (p *player) at(before time.Duration) { p.d.offset.Store(int64(-before)) }

// tick lets some seconds pass between two messages.
func (p *player) tick() { p.d.offset.Add(int64(20 * time.Second)) }

func (p *player) say(who, text string) { p.send(who, "text", map[string]any{"body": text}) }

func (p *player) send(who, kind string, content any) {
	if p.err != nil {
		return
	}
	p.tick()
	if _, err := p.phones[who].Send(p.d.number, kind, content, ""); err != nil {
		p.err = err
		return
	}
	p.settle()
}

func (p *player) press(who, title string) {
	if p.err != nil {
		return
	}
	p.tick()
	messages := p.phones[who].Messages(p.d.number)
	last := messages[len(messages)-1]
	p.phones[who].Press(p.d.number, last.ID, "tag-"+title, title)
	p.settle()
}

func (p *player) react(who, emoji string) {
	if p.err != nil {
		return
	}
	messages := p.phones[who].Messages(p.d.number)
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].Business {
			p.phones[who].React(p.d.number, messages[i].ID, emoji)
			break
		}
	}
	p.settle()
}

func (p *player) look(who string) {
	p.phones[who].Look(p.d.number)
	p.settle()
}

func (p *player) reply(who, text string) {
	p.answer(who, cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: text}})
}

func (p *player) buttons(who, text string, titles ...string) {
	i := &cloudapi.Interactive{Type: cloudapi.InteractiveButton, Body: &cloudapi.InteractiveText{Text: text}, Action: &cloudapi.InteractiveAction{}}
	for _, t := range titles {
		i.Action.Buttons = append(i.Action.Buttons, cloudapi.ReplyButton{Type: "reply", Reply: cloudapi.Choice{ID: "tag-" + t, Title: t}})
	}
	p.answer(who, cloudapi.Content{Type: cloudapi.TypeInteractive, Interactive: i})
}

// answer sends as the agent, through the gate and the outbox.
func (p *player) answer(who string, c cloudapi.Content) {
	if p.err != nil {
		return
	}
	p.tick()
	person := p.person(who)
	if p.err != nil {
		return
	}
	var q outbox.Queued
	p.err = p.d.App.DB.Write(p.ctx, func(ctx context.Context, tx store.Tx) error {
		var err error
		q, err = p.d.App.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: p.channel.Org, Contact: person.ID, Channel: p.channel.ID, Content: c, Origin: chat.FromAgent, Author: p.agent.ID,
			Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, AskedBy: "account " + p.agent.ID.String()}})
		if err != nil {
			return err
		}
		standing, err := p.d.App.Threads.Standing(ctx, tx, p.channel.Org, person.ID, p.channel.ID)
		if err != nil {
			return err
		}
		return p.d.App.Threads.MarkRead(ctx, tx, p.channel.Org, standing.Conversation)
	})
	if p.err == nil && q.Message.IsZero() {
		p.err = fmt.Errorf("an example answer was refused: %s", q.Verdict.Reason)
	}
	p.settle()
}

func (p *player) person(who string) *chat.Known {
	var k *chat.Known
	for _, c := range customers {
		if c.ID == who {
			k, p.err = p.d.App.People.ByBSUID(p.ctx, p.d.App.DB, p.channel.Org, c.UserID)
		}
	}
	if p.err == nil && k == nil {
		p.err = fmt.Errorf("the example customer %s did not arrive", who)
	}
	return k
}

// settle waits until everything that was said has arrived everywhere.
func (p *player) settle() {
	for range 2000 {
		if p.err != nil || p.ctx.Err() != nil {
			return
		}
		waiting, err := p.d.App.Outbox.Backlog(p.ctx, p.d.App.DB, p.channel.Org, p.channel.ID)
		if err != nil {
			p.err = err
			return
		}
		if waiting == 0 && p.d.Sandbox.Idle() {
			return
		}
		time.Sleep(3 * time.Millisecond)
	}
	p.err = fmt.Errorf("the example conversations do not come to rest")
}

// picture is a small picture made here: a display that says E4, roughly.
func picture() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 480, 320))
	for y := range 320 {
		for x := range 480 {
			img.Set(x, y, color.RGBA{uint8(40 + x/8), uint8(60 + y/6), 90, 255}) //nolint:gosec // small numbers
		}
	}
	lit := color.RGBA{120, 255, 170, 255}
	bar := func(x0, y0, x1, y1 int) {
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				img.Set(x, y, lit)
			}
		}
	}
	bar(120, 80, 140, 240)
	bar(120, 80, 210, 100)
	bar(120, 150, 190, 170)
	bar(120, 220, 210, 240)
	bar(260, 80, 280, 170)
	bar(260, 150, 360, 170)
	bar(330, 80, 350, 240)
	var out bytes.Buffer
	_ = png.Encode(&out, img)
	return out.Bytes()
}

// silence is three seconds of a voice note in which nobody speaks: empty MPEG
// audio frames of 32 kbit/s.
func silence() []byte {
	frame := make([]byte, 104)
	copy(frame, []byte{0xff, 0xfb, 0x10, 0x64})
	return bytes.Repeat(frame, 115)
}

// document is a one-page PDF.
func document() []byte {
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n" +
		"4 0 obj<</Length 56>>stream\nBT /F1 18 Tf 40 120 Td (Rechnung - nur ein Beispiel) Tj ET\nendstream endobj\n" +
		"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
}
