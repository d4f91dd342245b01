package chats_test

import (
	_ "embed"
	"strings"
	"testing"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/importing/chats"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

//go:embed testdata/stop.txt
var stopped string

const kim = "4917604069009"

// agreed records that Kim agreed to advertising at a moment.
func (d desk) agreed(at time.Time) *chat.Known {
	d.t.Helper()
	var p *chat.Known
	d.Write(d.t, func(tx store.Tx) error {
		var err error
		if p, err = d.People.Person(d.t.Context(), tx, d.Org.ID, kim, "Kim Kunde"); err != nil {
			return err
		}
		_, err = d.Consents.Grant(d.t.Context(), tx, d.Org.ID, p, optin.Event{Purpose: optin.Marketing, Source: optin.FromWord, At: at,
			Detail: optin.Detail{Note: "am Telefon", Wording: "Ja, gern", Artefact: "Aufnahme 1"}})
		return err
	})
	return p
}

func (d desk) marketing(p *chat.Known) gate.ConsentState {
	d.t.Helper()
	all, err := d.Consents.States(d.t.Context(), d.DB, d.Org.ID, p.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, s := range all {
		if s.Purpose == optin.Marketing {
			return s.State
		}
	}
	return gate.ConsentNone
}

func hers(p *chats.Plan) { p.Them, p.Us, p.Phone = "Kim Kunde", "Beispiel GmbH", kim }

// TestAStopInAnImportedChatCounts: later than her consent it ends it, earlier
// somebody decides.
func TestAStopInAnImportedChatCounts(t *testing.T) {
	said := time.Date(2025, 12, 31, 22, 59, 0, 0, time.UTC)
	each(t, func(t *testing.T, d desk) {
		d.agreed(said.AddDate(0, -1, 0))
		counts := d.run(stopped, hers)
		p := d.person(kim)
		if !p.Flags.OptedOut || !p.Flags.Objected || d.marketing(p) != gate.ConsentWithdrawn || counts[chats.CountEnded] != 1 {
			t.Errorf("later than the consent: %+v, marketing is %s, %v", p.Flags, d.marketing(p), counts)
		}
		if counts = d.run(stopped, hers); counts[chats.CountEnded] != 0 {
			t.Errorf("again: %v", counts)
		}
	})
	each(t, func(t *testing.T, d desk) {
		d.agreed(said.AddDate(0, 1, 0))
		counts := d.run(stopped, hers)
		p := d.person(kim)
		if p.Flags.OptedOut || p.Flags.Held || d.marketing(p) != gate.ConsentGranted || counts[chats.CountAsked] != 1 {
			t.Errorf("earlier than the consent: %+v, marketing is %s, %v", p.Flags, d.marketing(p), counts)
		}
		open, err := d.Consents.Imported(t.Context(), d.DB, d.Org.ID, p.ID)
		if err != nil || len(open) != 1 || !open[0].Said.Equal(said) {
			t.Fatalf("nobody has to decide: %+v, %v", open, err)
		}
		d.Write(t, func(tx store.Tx) error {
			return d.Consents.Resolve(t.Context(), tx, d.Org.ID, p, open[0].ID, optin.Everything, id.Account(d.IDs.New()))
		})
		if p = d.person(kim); !p.Flags.OptedOut || d.marketing(p) != gate.ConsentWithdrawn {
			t.Errorf("after the answer: %+v, marketing is %s", p.Flags, d.marketing(p))
		}
	})
}

// TestWordsOfStaffInAChatEndNothing: also where they say STOP.
func TestWordsOfStaffInAChatEndNothing(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		d.agreed(time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC))
		d.run("31.12.25, 23:58 - Beispiel GmbH: STOP\n31.12.25, 23:59 - Kim Kunde: Guten Rutsch\n", hers)
		if p := d.person(kim); p.Flags.OptedOut || d.marketing(p) != gate.ConsentGranted {
			t.Errorf("%+v, marketing is %s", p.Flags, d.marketing(p))
		}
	})
}

// TestAStartInAChatLetsAnswersThrough, and revives nothing.
func TestAStartInAChatLetsAnswersThrough(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		d.agreed(time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC))
		d.run(stopped+"01.01.26, 10:00 - Kim Kunde: START\n", hers)
		if p := d.person(kim); p.Flags.OptedOut || !p.Flags.Objected || d.marketing(p) != gate.ConsentWithdrawn {
			t.Errorf("%+v, marketing is %s", p.Flags, d.marketing(p))
		}
	})
}

// TestRightsInAnImportedChatOpenACase: with the words and their date, a clock that
// runs from now, and nobody taken for who she may not be. Words below a file, and
// those of staff, ask for nothing; what was answered since is not asked again.
func TestRightsInAnImportedChatOpenACase(t *testing.T) {
	const chat = "31.12.25, 23:50 - Kim Kunde: Bitte löschen Sie meine Daten und schicken Sie mir keine Werbung mehr\n" +
		"31.12.25, 23:55 - Beispiel GmbH: Löschen Sie meine Daten\n" +
		"31.12.25, 23:58 - Kim Kunde: Welche Daten haben Sie über mich?\n"
	each(t, func(t *testing.T, d desk) {
		d.agreed(time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC))
		counts := d.run(chat, hers)
		p := d.person(kim)
		if !p.Flags.Objected || d.marketing(p) != gate.ConsentWithdrawn || counts[chats.CountRights] != 2 {
			t.Errorf("what ends beside the wish: %+v, %v", p.Flags, counts)
		}
		waiting, err := d.Cases.Waiting(t.Context(), d.DB, d.Org.ID, d.Chats.Location)
		if err != nil || len(waiting) != 2 {
			t.Fatalf("%+v, %v", waiting, err)
		}
		kinds := map[cases.Kind]cases.Case{}
		for _, c := range waiting {
			kinds[c.Kind] = c
			if c.Contact != p.ID || c.Source != cases.FromChat || c.Identity != cases.Unchecked || d.Clock.Now().Sub(c.Received) > time.Hour {
				t.Errorf("%+v", c)
			}
			file, _, err := d.Cases.File(t.Context(), d.DB, d.Org.ID, c.ID, id.Cursor{})
			if err != nil || len(file) != 1 || !strings.HasPrefix(file[0].Text, "31.12.2025 23:5") {
				t.Errorf("the file of %s: %d lines, %v", c.Kind, len(file), err)
			}
		}
		if kinds[cases.Erase].ID.IsZero() || kinds[cases.Access].ID.IsZero() {
			t.Errorf("%v", kinds)
		}
		access := kinds[cases.Access]
		d.Write(t, func(tx store.Tx) error {
			return d.Cases.Close(t.Context(), tx, &access, cases.Refused, id.Account(d.IDs.New()), "offenkundig unbegründet")
		})
		counts = d.run(chat+"01.01.26, 10:00 - Kim Kunde: Welche Daten haben Sie über mich?\n", hers)
		if counts[chats.CountRights] != 0 {
			t.Errorf("asked again for what was answered since: %v", counts)
		}
	})
}

// TestAChatOfALeftNumberIsHeld: it is imported to nobody, and somebody is asked
// whose the number is; once she says that it is still hers, nothing is lost.
func TestAChatOfALeftNumberIsHeld(t *testing.T) {
	const old, fresh = "4915100070001", "4915100070002"
	each(t, func(t *testing.T, d desk) {
		var her id.Person
		d.Write(t, func(tx store.Tx) error {
			people, err := d.People.Resolve(t.Context(), tx, d.Org.ID, []contact.Sighting{{Phone: old, FromMeta: true, BSUID: "DE.77", At: d.Clock.Now()}})
			if err != nil {
				return err
			}
			her = people[0].ID
			_, err = d.People.Change(t.Context(), tx, d.Org.ID, contact.Change{At: d.Clock.Now(), Before: []contact.Sighting{{BSUID: "DE.77"}}, After: contact.Sighting{Phone: fresh, BSUID: "DE.78", FromMeta: true}})
			return err
		})
		i, err := d.stage(stopped)
		if err != nil {
			t.Fatal(err)
		}
		p := i.Plan
		hers(&p)
		p.Channel, p.Phone = d.Channel.ID, old
		for range 2 {
			if fault, err := d.Chats.Start(t.Context(), d.DB, d.Org.ID, i.ID, p); fault == "" || err != nil {
				t.Fatalf("it begins: %q, %v", fault, err)
			}
		}
		questions, err := d.People.Questions(t.Context(), d.DB, d.Org.ID)
		if err != nil || len(questions) != 1 || questions[0].Number != old || questions[0].Person.ID != her || questions[0].By != contact.ByImport {
			t.Fatalf("%d questions, %v", len(questions), err)
		}
		if d.Count(t, "message", "") != 0 || d.Count(t, "contact", "") != 1 {
			t.Error("somebody got the chat")
		}
	})
}
