package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
)

// consentText is what the example company asks for, as the document on consent texts
// suggests it.
type consentText struct{ purpose, de, en string }

// consentTexts are all of them; site is the address of the public pages.
func consentTexts(site string) []consentText {
	const endsDE = " STOP beendet alle Nachrichten; danach darf Beispiel GmbH nur noch antworten, wenn ich selbst schreibe."
	const endsEN = " STOP ends all messages; after that Beispiel GmbH may only answer when I write."
	single := [2]string{" Einzelne Themen: " + site + "/portal/beispiel Der Widerruf wirkt ab dann; was bis dahin geschah, bleibt rechtmäßig. Das ist freiwillig, nichts hängt davon ab.",
		" Single topics: " + site + "/portal/beispiel Withdrawal takes effect from then on; what happened before stays lawful. This is voluntary; nothing depends on it."}
	told := [2]string{" Datenschutzhinweis: " + site + "/privacy/beispiel", " Privacy notice: " + site + "/privacy/beispiel"}
	return []consentText{
		{optin.Service, "Ja, Beispiel GmbH (Berlin) darf mir über WhatsApp zu meinen Anfragen, Aufträgen und Terminen schreiben." + endsDE + single[0] + told[0],
			"Yes, Beispiel GmbH (Berlin) may use WhatsApp to write to me about my enquiries, orders and appointments." + endsEN + single[1] + told[1]},
		{optin.Marketing, "Ja, Beispiel GmbH (Berlin) darf mir über WhatsApp Werbung schicken für: Geräte, Zubehör und Wartung. STOP WERBUNG beendet nur die Werbung." + endsDE + single[0] +
			" Meine Einwilligung endet nach 24 Monaten ohne Nutzung. Ich bin mindestens 16." + told[0],
			"Yes, Beispiel GmbH (Berlin) may use WhatsApp to send me advertising for: appliances, accessories and maintenance. STOP ADS ends advertising only." + endsEN + single[1] +
				" My consent ends after 24 months without use. I am at least 16." + told[1]},
		{"werkstatt_tipps", "Ja, Beispiel GmbH (Berlin) darf mir über WhatsApp schreiben: Pflegetipps." + endsDE + single[0] + " Meine Einwilligung endet nach 12 Monaten ohne Nutzung." + told[0],
			"Yes, Beispiel GmbH (Berlin) may use WhatsApp to write to me: Care tips." + endsEN + single[1] + " My consent ends after 12 months without use." + told[1]},
	}
}

// consents arranges how people agree to the example company: texts, the form,
// links. Unless the demo is to be empty, some have agreed over the last months.
func (d *Demo) consents(ctx context.Context, org id.Org, channel id.Channel, agent id.Account) error {
	return d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		c := d.App.Consents
		if err := c.SavePurpose(ctx, tx, org, optin.Purpose{Key: "werkstatt_tipps", DE: "Pflegetipps", EN: "Care tips", Months: 12, Offered: true, Keyword: "TIPPS"}); err != nil {
			return err
		}
		if err := c.SavePurpose(ctx, tx, org, optin.Purpose{Key: optin.Marketing, AboutDE: "Geräte, Zubehör und Wartung", AboutEN: "appliances, accessories and maintenance", Months: 24, Offered: true, Keyword: "ANGEBOTE"}); err != nil {
			return err
		}
		if err := c.SavePurpose(ctx, tx, org, optin.Purpose{Key: optin.Utility, AboutDE: "Bestellungen und Termine", AboutEN: "orders and appointments", Offered: true}); err != nil {
			return err
		}
		texts := map[string]id.Wording{}
		for _, t := range consentTexts(strings.TrimRight(d.App.Config.PublicURL, "/")) {
			made, _, err := c.PublishWording(ctx, tx, org, optin.Text{Purpose: t.purpose, DE: t.de, EN: t.en, Both: t.purpose == optin.Service})
			if err != nil {
				return err
			}
			texts[t.purpose] = made.ID
		}
		for _, e := range [][2]string{{"Aushang am Eingang", "Guten Tag, ich habe eine Frage."}, {"Website, Seite Kontakt", "Guten Tag, ich komme von Ihrer Website."}} {
			if _, err := d.App.Entries.Create(ctx, tx, org, channel, e[0], e[1]); err != nil {
				return err
			}
		}
		settings := optin.Settings{Form: true, ByEmail: true, FourEyes: true, Untied: true}
		if d.options.Empty {
			return c.SaveSettings(ctx, tx, org, settings)
		}
		claimant, err := d.longSince(ctx, tx, org, agent, texts)
		if err != nil {
			return err
		}
		if err := c.SaveSettings(ctx, tx, org, settings); err != nil {
			return err
		}
		return d.waits(ctx, tx, org, agent, claimant, texts[optin.Service])
	})
}

// longSince lets example people agree, and some of them take it back, over the
// last half year, before two pairs of eyes were asked for. It returns one of
// them. The messages with which they agreed are no longer kept.
func (d *Demo) longSince(ctx context.Context, tx store.Tx, org id.Org, agent id.Account, texts map[string]id.Wording) (*chat.Known, error) {
	const people = 36
	seen := make([]contact.Sighting, people)
	for i := range seen { // numbers of the range for films and examples (Bundesnetzagentur)
		seen[i] = contact.Sighting{Phone: fmt.Sprintf("49176040690%02d", 60+i), Given: fmt.Sprintf("Beispielperson %02d", i+1)}
	}
	known, err := d.App.People.Resolve(ctx, tx, org, seen)
	if err != nil {
		return nil, err
	}
	ways := []optin.Source{optin.FromForm, optin.FromForm, optin.FromPaper, optin.FromButton, optin.FromForm, optin.FromInvitation, optin.FromKeyword, optin.FromWord}
	for i, p := range known {
		at := d.now().Add(-time.Duration((people-i)*(people-i)) * 3 * time.Hour * 24 / 25)
		purpose := []string{optin.Service, optin.Marketing, optin.Service, "werkstatt_tipps"}[i%4]
		e := optin.Event{Purpose: purpose, Source: ways[i%len(ways)], At: at, Text: texts[purpose],
			Detail: optin.Detail{Note: "Beispieldaten", Staff: agent, Message: id.Message(d.App.IDs.New())}}
		if i%9 == 1 {
			e.Expires = d.now().Add(time.Duration(20+i) * 24 * time.Hour)
		}
		if _, err := d.App.Consents.Grant(ctx, tx, org, p, e); err != nil {
			return nil, err
		}
		switch e.Source {
		case optin.FromForm, optin.FromInvitation, optin.FromPaper, optin.FromWord: // the others get it with our answer
			if err := d.App.Notices.Handed(ctx, tx, org, p, "Beispieldaten: lag dem Formular bei", agent); err != nil {
				return nil, err
			}
		default:
		}
		if i%7 == 3 {
			if _, err := d.App.Consents.Withdraw(ctx, tx, org, p, optin.Event{Purpose: e.Purpose, Source: optin.FromLink, At: at.Add(time.Duration(people-i) * 12 * time.Hour)}); err != nil {
				return nil, err
			}
		}
	}
	return known[3], nil
}

// waits leaves one consent for a second pair of eyes.
func (d *Demo) waits(ctx context.Context, tx store.Tx, org id.Org, agent id.Account, p *chat.Known, words id.Wording) error {
	_, err := d.App.Consents.Grant(ctx, tx, org, p, optin.Event{Purpose: optin.Service, Source: optin.FromWord, At: d.now(), Text: words,
		Detail: optin.Detail{Staff: agent, Note: "Am Empfang zugestimmt"}})
	return err
}
