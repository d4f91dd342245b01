package document

import (
	"slices"
	"strings"
	"testing"

	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/keyword"
)

var advertising = cockpit.Purpose{Key: "marketing", AboutDE: "Fahrräder und Zubehör", AboutEN: "bicycles and accessories", Advertising: true, Months: 24}

// agreeing is a company of which everything is known that the sentences ask for.
func agreeing(c *i18n.Catalogue) agreement {
	f := facts()
	f.Numbers = append(f.Numbers, cockpit.Number{Name: "Laden", Product: "business_app"})
	return agreement{writer: &writer{Facts: f, c: c}, purpose: advertising, hears: keyword.Set{}.Match}
}

// attempt makes the fact of a sentence false.
type attempt struct {
	key     string
	de, en  string // what it says
	falsify func(*agreement)
	misses  string // what is listed instead, in German; empty: it is not needed then
}

// Each sentence of a consent is there because something is so, and goes when it is
// not.
func TestASentenceOfAConsentRestsOnAFact(t *testing.T) {
	rows := []attempt{
		{"e1", "Ja, Beispiel GmbH (Berlin) darf mir über WhatsApp Werbung schicken für: Fahrräder und Zubehör.", "Yes, Beispiel GmbH (Berlin) may use WhatsApp to send me advertising for: bicycles",
			func(a *agreement) { a.purpose.AboutDE, a.purpose.AboutEN = "", "" }, "Produkte oder Leistungen"},
		{"e1", "(Berlin)", "(Berlin)", func(a *agreement) { a.Organisation.Address = "" }, "Ort der Firma"},
		{"e2", "Dabei verarbeiten WhatsApp Ireland Ltd. meine Nummer", "WhatsApp Ireland Ltd. then process", func(a *agreement) { a.Processors[0].State = "expired" }, "Verzeichnis der Auftragsverarbeiter"},
		{"e2", "auch in den USA", "also in the USA", func(a *agreement) { a.Transfers = nil }, ""},
		{"e3", "Adressbuch der Firmentelefone", "address book of the company", func(a *agreement) { a.Numbers = a.Numbers[:1] }, ""},
		{"e4.ads", "STOP WERBUNG beendet nur die Werbung", "STOP ADS ends advertising only", func(a *agreement) { a.hears = deaf(keyword.Marketing) }, ""},
		{"e4.ads", "STOP WERBUNG beendet nur die Werbung", "STOP ADS ends advertising only", func(a *agreement) { a.purpose = cockpit.Purpose{Key: "service"} }, ""},
		{"e4", "STOP beendet alle Nachrichten; danach darf Beispiel GmbH nur noch antworten, wenn ich selbst schreibe. Einzelne Themen: https://", "STOP ends all messages", func(a *agreement) { a.hears = deaf(keyword.Stop) }, ""},
		{"e5", "bleibt rechtmäßig", "stays lawful", func(a *agreement) { a.Organisation.Country = "" }, "Land, in dem"},
		{"e5", "bleibt rechtmäßig", "stays lawful", func(a *agreement) { a.Organisation.Country = "CH" }, ""},
		{"e5.free", "nichts hängt davon ab", "nothing depends on it", func(a *agreement) { a.Consent.Untied = false }, "Prüfung, dass nichts"},
		{"e6", "nach 24 Monaten ohne Nutzung", "after 24 months without use", func(a *agreement) { a.purpose.Months = 0 }, ""},
		{"e6.age", "mindestens 16", "at least 16", func(a *agreement) { a.purpose.Advertising = false }, ""},
		{"e7", "Datenschutzhinweis: https://einklang.example.com/privacy/beispiel", "Privacy notice: https://", func(a *agreement) { a.Notice.Missing = []cockpit.NoticeGap{{Part: "rights"}} }, "Datenschutzhinweis"},
	}
	for _, c := range catalogues(t) {
		for _, row := range rows {
			says := map[string]string{"de": row.de, "en": row.en}[c.Locale]
			so, not := agreeing(c), agreeing(c)
			row.falsify(&not)
			if text := strings.Join(so.text(), " "); !strings.Contains(text, says) || len(so.d.Missing) != 0 {
				t.Errorf("%s in %s: %q is not said in %q, missing %v", row.key, c.Locale, says, text, so.d.Missing)
			}
			if text := strings.Join(not.text(), " "); strings.Contains(text, says) {
				t.Errorf("%s in %s: %q is said although it is not so", row.key, c.Locale, says)
			}
			if listed := gaps(not.d.Missing); c.Locale == "de" && (row.misses == "") != (listed == "") || c.Locale == "de" && !strings.Contains(listed, row.misses) {
				t.Errorf("%s: listed as missing: %q, want %q", row.key, listed, row.misses)
			}
		}
		if n := len([]rune(strings.Join(agreeing(c).text(), " "))); n > 900 {
			t.Errorf("in %s it has %d letters, more than a message with buttons takes", c.Locale, n)
		}
	}
	for _, s := range sentences() {
		if !slices.ContainsFunc(rows, func(row attempt) bool { return row.key == s.key }) {
			t.Errorf("nothing tries to make sentence %s false", s.key)
		}
	}
}

// deaf is a table of words that lacks a meaning.
func deaf(to keyword.Meaning) func(string) keyword.Meaning {
	return func(words string) keyword.Meaning {
		if heard := (keyword.Set{}).Match(words); heard != to {
			return heard
		}
		return keyword.None
	}
}

func gaps(all []Gap) string {
	var b strings.Builder
	for _, g := range all {
		b.WriteString(g.Text + "\n")
	}
	return b.String()
}

func TestEachPurposeHasItsOwnOpening(t *testing.T) {
	c := catalogues(t)[0]
	for _, o := range []struct {
		purpose cockpit.Purpose
		want    string
	}{
		{cockpit.Purpose{Key: "service"}, "zu meinen Anfragen schreiben"},
		{cockpit.Purpose{Key: "utility", AboutDE: "Bestellungen und Termine"}, "Nachrichten schicken zu: Bestellungen und Termine"},
		{cockpit.Purpose{Key: "tipps", NameDE: "Pflegetipps", NameEN: "Care tips"}, "schreiben: Pflegetipps"},
	} {
		a := agreeing(c)
		a.purpose = o.purpose
		if text := strings.Join(a.text(), " "); !strings.Contains(text, o.want) {
			t.Errorf("%s: %q", o.purpose.Key, text)
		}
	}
	a := agreeing(c)
	a.purpose = cockpit.Purpose{Key: "utility"}
	if text := strings.Join(a.text(), " "); strings.HasPrefix(text, "Ja,") || !strings.Contains(gaps(a.d.Missing), "Arten von Mitteilungen") {
		t.Errorf("without its kinds: %q, missing %v", text, a.d.Missing)
	}
}

func TestTheTownOfAnAddress(t *testing.T) {
	for address, want := range map[string]string{"Musterstraße 1, 10115 Berlin": "Berlin", "Musterweg 2\nD-80331 München\nDeutschland": "München", "Hauptplatz 1, A-1010 Wien": "Wien", "Musterstraße 1": "", "": ""} {
		if got := town(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
