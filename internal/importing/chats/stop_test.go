package chats_test

import (
	_ "embed"
	"testing"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/importing/chats"
	"einklang/internal/person/chat"
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
