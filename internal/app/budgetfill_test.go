package app_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/org"
	"einklang/internal/account/token"
	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/draft"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/attribute"
	"einklang/internal/person/chat"
	"einklang/internal/person/link"
	"einklang/internal/phones/device"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
	"einklang/internal/test/apptest"
	"einklang/sandbox"
)

// full is a company that has something of everything, and can be given more of
// it: the same pages then show more.
type full struct {
	*apptest.Office
	tb     testing.TB
	staff  user.Account
	others []id.Account   // accounts of colleagues
	erika  *sandbox.Phone // with whom the company writes a lot
	person *chat.Known
	thread id.Conversation
	kase   cases.Case
	breach id.Breach
	phone  device.Device
	secret string     // of the phone
	words  id.Wording // of the consent to service
	values []id.Attribute
	labels []id.Label
	made   int
}

// numbersMost bounds the numbers: each sends on its own.
const numbersMost = 12

func openFull(tb testing.TB, o *apptest.Office) *full {
	tb.Helper()
	f := &full{Office: o, tb: tb}
	var err error
	f.staff, err = o.Users.Create(tb.Context(), user.Account{Org: o.Org.ID, Role: user.Lead, Locale: "de", Name: "Robin Beispiel", Email: "robin@example.com"}, "Beispiel-Passwort")
	f.must(err)
	f.erika = o.Customer("Erika Mustermann", "4917604069001")
	f.erika.Say(o.Number, "Guten Tag")
	o.Post(tb, apptest.Text("wamid.long", "4917604069001", "Erika Mustermann", strings.Repeat("sehr lang ", 4000), o.Clock.Now())) // shown cut
	o.Post(tb, apptest.Webhook(map[string]any{"messages": []any{map[string]any{"id": "wamid.new", "from": "4917604069001", "timestamp": strconv.FormatInt(o.Clock.Now().Unix(), 10), "type": "of_tomorrow"}}}))
	o.Settle(tb)
	f.person = o.Person(tb, f.erika)
	threads, err := o.Threads.OfContact(tb.Context(), o.DB, o.Org.ID, f.person.ID)
	f.must(err)
	f.thread = threads[0].ID
	f.phone, f.secret, err = o.Devices.Add(tb.Context(), f.DB, device.Device{Org: o.Org.ID, Product: device.Business, Platform: device.Android, Management: device.WorkProfile,
		Names: true, Candidates: true, Detail: device.Detail{Name: "Außendienst", Owner: "Robin Beispiel"}})
	f.must(err)
	link, err := o.Devices.Link(tb.Context(), o.DB, o.Org.ID, f.phone.ID, device.ToCheck)
	f.must(err)
	_, err = o.Devices.Attest(tb.Context(), device.Through(o.DB), link, map[device.Item]string{device.BusinessOnly: "yes", device.Contacts: "book", device.ChatBackup: "off",
		device.MediaSaving: "off", device.ReadReceipts: "off", device.LinkedDevices: "none", device.ScreenLock: "yes"}, nil)
	f.must(err)
	f.write(func(ctx context.Context, tx store.Tx) (err error) {
		if f.kase, err = o.Cases.Open(ctx, tx, o.Org.ID, cases.Request{Contact: f.person.ID, Kind: cases.Access, Source: "desk", By: f.staff.ID}); err != nil {
			return err
		}
		words, _, err := o.Consents.PublishText(ctx, tx, o.Org.ID, optin.Service, "Ja, gern.", "Yes.", false)
		if err != nil {
			return err
		}
		f.words = words.ID
		if err := o.Consents.SaveSettings(ctx, tx, o.Org.ID, optin.Settings{Form: true}); err != nil {
			return err
		}
		r, err := o.Breaches.Open(ctx, tx, o.Org.ID, o.Clock.Now(), "Telefon verloren", f.staff.ID)
		f.breach = r.ID
		return err
	})
	return f
}

func (f *full) must(err error) {
	f.tb.Helper()
	if err != nil {
		f.tb.Fatal(err)
	}
}

func (f *full) write(do func(context.Context, store.Tx) error) {
	f.tb.Helper()
	f.must(f.DB.Write(f.tb.Context(), do))
}

// more makes so many more of everything.
func (f *full) more(n int) {
	f.tb.Helper()
	for range n {
		f.made++
		f.colleague(f.made)
		f.write(func(ctx context.Context, tx store.Tx) error { return f.arrange(ctx, tx, f.made) })
		f.Clock.Advance(time.Second) // she writes after what she took back
		f.chat(f.made)
		f.stranger(f.made)
	}
	f.Settle(f.tb)
	f.works(n)
	f.Sync.All(f.tb.Context())
	f.must(f.Books.Refresh(f.tb.Context(), f.Org.ID))
	f.Settle(f.tb)
}

// colleague adds an account, a number and a phone.
func (f *full) colleague(i int) {
	ctx := f.tb.Context()
	a, err := f.Users.Create(ctx, user.Account{Org: f.Org.ID, Role: user.Agent, Locale: "de", Name: fmt.Sprintf("Beispiel %d", i), Email: fmt.Sprintf("b%d@example.com", i)}, "Beispiel-Passwort")
	f.must(err)
	f.others = append(f.others, a.ID)
	if i <= numbersMost {
		n := f.Sandbox.AddNumber(fmt.Sprint("9", i), apptest.WABA, fmt.Sprintf("+49 30 2312%04d", i), fmt.Sprintf("Nummer %d", i))
		_, err = f.Orgs.AddChannel(ctx, org.Channel{Org: f.Org.ID, App: apptest.AppKey, PhoneNumberID: n.ID, WABA: apptest.WABA, DisplayNumber: n.Display,
			Name: n.Name, PerSecond: 1, StorageMode: "NO_STORAGE_ENABLED", AgreementUntil: f.Clock.Now().AddDate(1, 0, 0)}, apptest.GraphToken)
		f.must(err)
	}
	_, _, err = f.Devices.Add(ctx, f.DB, device.Device{Org: f.Org.ID, Product: device.Consumer, Platform: device.IOS, Management: device.Unmanaged,
		Detail: device.Detail{Name: fmt.Sprintf("Telefon %d", i), Owner: a.Name, Number: fmt.Sprintf("+49 176 0407%04d", i)}})
	f.must(err)
	err = f.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, _, err := f.Tokens.Make(ctx, tx, token.Token{Org: f.Org.ID, Name: fmt.Sprint("programm ", i), Kind: token.Automation, Scopes: token.Scopes()})
		return err
	})
	f.must(err)
	f.Sandbox.AddTemplate(apptest.WABA, sandbox.Template{Name: fmt.Sprintf("vorlage_%d", i), Language: "de", Category: "UTILITY", Components: []byte(`[{"type":"BODY","text":"Guten Tag {{1}}."}]`)})
}

// arrange makes what belongs to the company.
func (f *full) arrange(ctx context.Context, tx store.Tx, i int) error {
	of, now, mine := f.Org.ID, f.Clock.Now(), f.others[len(f.others)-1]
	var errs []error
	add := func(_ any, err error) { errs = append(errs, err) }
	name := func(word string) string { return fmt.Sprintf("%s %d", word, i) }
	label, err := f.Work.SaveLabel(ctx, tx, of, assignment.Label{Name: name("Label"), Colour: "teal"})
	add(label, err)
	f.labels = append(f.labels, label)
	if len(f.values) < attribute.Most {
		value, err := f.Attributes.Save(ctx, tx, of, attribute.Definition{Name: name("Feld"), Kind: attribute.Text, Purpose: "Zuordnung"})
		add(value, err)
		f.values = append(f.values, value.ID)
	}
	add(f.Work.SaveTeam(ctx, tx, of, assignment.Team{Name: name("Team"), Target: time.Hour, Assignment: assignment.RoundRobin, Members: f.others}))
	add(nil, f.Work.SaveQuickReply(ctx, tx, of, assignment.QuickReply{Shortcut: fmt.Sprint("kurz", i), Body: "Guten Tag {name}"}))
	add(nil, f.Work.SaveView(ctx, tx, of, f.staff.ID, assignment.SavedView{Name: name("Blick"), Query: "view=open"}))
	add(f.Registers.Save(ctx, tx, of, processors.Processor{Detail: processors.Detail{Name: name("Rechenzentrum"), Country: "DE", Mechanism: place.NotNeeded},
		ValidFrom: now.AddDate(-1, 0, 0), ValidUntil: now.AddDate(1, 0, 0), ReviewAt: now.AddDate(0, 6, 0), Channels: []id.Channel{f.Channel.ID}}))
	record, err := f.Breaches.Open(ctx, tx, of, now.Add(-time.Duration(i)*time.Hour), name("Telefon verloren"), f.staff.ID)
	add(record, err)
	add(f.Breaches.Save(ctx, tx, of, f.breach, breach.Detail{What: name("Telefon verloren"), Measures: name("gesperrt"), Scope: breach.Scope{From: now.AddDate(0, 0, -30), Until: now}}))
	de, en := f.Notice()
	add(f.Notices.Publish(ctx, tx, of, de+"\n\n"+name("So gehen wir mit Ihren Daten um."), en+"\n\n"+name("How we handle your data."), false))
	key := fmt.Sprint("zweck_", i)
	add(nil, f.Consents.SavePurpose(ctx, tx, of, optin.Purpose{Key: key, DE: name("Tipps"), EN: name("Tips"), Months: 12, Offered: true, Keyword: fmt.Sprint("TIPP", i)}))
	text, _, err := f.Consents.PublishText(ctx, tx, of, key, "Ja, gern.", "Yes.", false)
	add(text, err)
	add(f.Entries.Create(ctx, tx, of, f.Channel.ID, name("Aushang"), "Guten Tag"))
	for p, words := range map[string]id.Wording{key: text.ID, optin.Service: f.words} {
		add(f.Consents.Grant(ctx, tx, of, f.person, optin.Event{Purpose: p, Source: optin.FromPaper, At: now, Text: words, Detail: optin.Detail{Note: "Beispiel", Staff: mine}}))
	}
	add(f.Consents.Withdraw(ctx, tx, of, f.person, optin.Event{Purpose: optin.Service, Source: optin.FromLink, At: now}))
	add(f.Approvals.Ask(ctx, tx, of, approval.Letters, fmt.Sprint(i), "Die Betriebsprüfung will sie sehen.", mine))
	add(nil, f.Holds.SetRule(ctx, tx, of, "messages", 1+i%30, "Beispiel", f.staff.ID))
	return errors.Join(errs...)
}

// chat lets Erika and the company write to each other in every way.
func (f *full) chat(i int) {
	f.tb.Helper()
	of := f.Org.ID
	said := f.erika.Say(f.Number, fmt.Sprintf("Wo ist Bestellung %d?", i))
	for kind, content := range map[string]any{
		"location": map[string]any{"latitude": 51.5, "longitude": -0.1, "name": "Beispielstraße 1"},
		"contacts": []any{map[string]any{"name": map[string]any{"formatted_name": "Anna Beispiel"}, "phones": []any{map[string]any{"phone": "+49 176 04069050", "type": "CELL"}}}},
		"text":     map[string]any{"body": fmt.Sprintf("Ich meine die von gestern (%d).", i)},
	} {
		_, err := f.erika.Send(f.Number, kind, content, said)
		f.must(err)
	}
	_, err := f.erika.SendFile(f.Number, "document", "application/pdf", []byte(fmt.Sprintf("%%PDF-1.4 %d", i)), "Rechnung")
	f.must(err)
	edited, revoked := f.erika.Say(f.Number, "Tippfehlr"), f.erika.Say(f.Number, "Falscher Chat")
	f.erika.Edit(f.Number, edited, "Tippfehler")
	f.erika.Revoke(f.Number, revoked)
	f.Settle(f.tb)
	answers := []cloudapi.Content{{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: fmt.Sprintf("Sie ist unterwegs (%d).", i)}},
		{Type: cloudapi.TypeReaction, Reaction: &cloudapi.Reaction{MessageID: said, Emoji: "👍"}}}
	newest, _, err := f.Threads.Page(f.tb.Context(), f.DB, of, f.thread, conversation.Place{}, 1)
	f.must(err)
	f.write(func(ctx context.Context, tx store.Tx) error {
		for _, c := range answers {
			q, err := f.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: of, Contact: f.person.ID, Channel: f.Channel.ID, Content: c, Origin: chat.FromAgent, Author: f.staff.ID, ReplyTo: newest[0].ID,
				Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, AskedBy: "account " + f.staff.ID.String()}})
			if err != nil {
				return err
			}
			if q.Message.IsZero() {
				f.tb.Errorf("an answer was refused: %+v", q.Verdict)
			}
		}
		return nil
	})
	f.Settle(f.tb)
	sent := f.erika.Messages(f.Number)
	for k := len(sent) - 1; k >= 0; k-- {
		if sent[k].Business {
			f.erika.React(f.Number, sent[k].ID, "❤️")
			break
		}
	}
}

// stranger lets somebody new write, with a request of her own.
func (f *full) stranger(i int) {
	f.tb.Helper()
	number := fmt.Sprintf("4917604%06d", i)
	if status := f.Post(f.tb, apptest.Text(fmt.Sprint("wamid.stranger.", i), number, fmt.Sprintf("Max Beispiel %d", i), fmt.Sprintf("Guten Tag, Bestellung %d", i), f.Clock.Now())); status != http.StatusOK {
		f.tb.Fatal(status)
	}
	k, err := f.People.ByPhone(f.tb.Context(), f.DB, f.Org.ID, number)
	f.must(err)
	of, now := f.Org.ID, f.Clock.Now()
	f.write(func(ctx context.Context, tx store.Tx) error {
		var errs []error
		add := func(_ any, err error) { errs = append(errs, err) }
		add(f.Cases.Open(ctx, tx, of, cases.Request{Contact: k.ID, Kind: cases.Access, Source: "desk", By: f.staff.ID, Text: "Was wissen Sie über mich?"}))
		done, err := f.Cases.Open(ctx, tx, of, cases.Request{Contact: k.ID, Kind: cases.Rectify, Source: "e_mail", Text: "Ich heiße anders."})
		add(nil, err)
		add(nil, f.Cases.SetIdentity(ctx, tx, &done, cases.ByChat, f.staff.ID, "am Telefon erkannt"))
		add(nil, f.Cases.Close(ctx, tx, &done, cases.Done, f.staff.ID, "erledigt"))
		add(f.Holds.Place(ctx, tx, of, retention.Hold{Contact: k.ID, By: f.staff.ID, Reason: "Streit", Until: now.AddDate(1, 0, 0)}))
		add(f.Consents.Grant(ctx, tx, of, k, optin.Event{Purpose: optin.Service, Source: optin.FromPaper, Detail: optin.Detail{Note: "Beispiel", Staff: f.staff.ID}}))
		for _, l := range f.labels {
			add(nil, f.Work.SetLabel(ctx, tx, of, k.ID, l, true))
		}
		said := map[id.Attribute]string{}
		for _, v := range f.values {
			said[v] = "x"
		}
		add(nil, f.Attributes.Set(ctx, tx, of, k.ID, said))
		joined, err := f.Links.Join(ctx, tx, of, f.person.ID, k.ID, "gleiche Kundennummer", f.staff.ID)
		add(nil, err)
		if joined.State == link.Asked {
			add(nil, f.Links.Decided(ctx, tx, of, joined.ID.String(), true, f.others[0]))
		}
		return errors.Join(errs...)
	})
	gone := fmt.Sprintf("4917605%06d", i)
	f.Post(f.tb, apptest.Text(fmt.Sprint("wamid.gone.", i), gone, "Wer geht", "Bitte alles löschen", now))
	f.Settle(f.tb)
	k, err = f.People.ByPhone(f.tb.Context(), f.DB, of, gone)
	f.must(err)
	f.write(func(ctx context.Context, tx store.Tx) error {
		_, err := f.Erasure.Begin(ctx, tx, of, k.ID, erasure.Order{Source: "desk", By: f.staff.ID})
		return err
	})
}

// works adds what colleagues do with Erika's conversation and her requests.
func (f *full) works(n int) {
	f.tb.Helper()
	of := f.Org.ID
	t := assignment.Thread{Org: of, ID: f.thread, Contact: f.person.ID}
	for i := range n {
		mine := f.others[len(f.others)-1-i]
		f.write(func(ctx context.Context, tx store.Tx) error {
			said := map[id.Attribute]string{}
			for _, v := range f.values {
				said[v] = fmt.Sprint("Wert ", i)
			}
			errs := []error{
				f.Work.Write(ctx, tx, t, mine, fmt.Sprintf("Notiz %d", i), nil),
				f.Work.Assign(ctx, tx, t, f.staff.ID, mine, id.Team{}, "", nil),
				f.Work.SetLabel(ctx, tx, of, f.person.ID, f.labels[len(f.labels)-1-i], true),
				f.Attributes.Set(ctx, tx, of, f.person.ID, said),
				f.Drafts.Save(ctx, tx, f.person, draft.Place{Org: of, Contact: f.person.ID, Channel: f.Channel.ID, Account: mine}, draft.Draft{Text: "Entwurf"}),
				f.Cases.Note(ctx, tx, f.kase, "note", mine, fmt.Sprintf("Notiz %d", i)),
				f.Cases.AddTask(ctx, tx, f.kase, mine, fmt.Sprintf("Aufgabe %d", i)),
			}
			_, err := f.Consents.SaveFile(ctx, tx, of, f.person, fmt.Sprintf("formular-%d.pdf", i), []byte("%PDF-1.4"))
			return errors.Join(append(errs, err)...)
		})
		_, err := f.Chats.Stage(f.tb.Context(), f.DB, of, f.staff.ID, fmt.Sprintf("chat-%d.txt", i), []string{"Beispiel GmbH"},
			strings.NewReader("24.11.26, 10:00 - Erika: Guten Tag\n24.11.26, 10:01 - Beispiel GmbH: Guten Tag\n"))
		f.must(err)
		list := strings.ReplaceAll("Vorname;Nachname;Mobil\nPetra;Beispiel;0176 0508NR\nPaul;Beispiel;0176 0509NR\n", "NR", fmt.Sprintf("%04d", f.made*100+i))
		_, err = f.Imports.Stage(f.tb.Context(), f.DB, of, f.staff.ID, fmt.Sprintf("kunden-%d.csv", i), strings.NewReader(list))
		f.must(err)
	}
}
