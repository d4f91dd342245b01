package answer

import (
	"slices"
	"strings"
	"testing"

	"einklang/internal/rule/i18n"
	"einklang/internal/rule/keyword"
)

func both(t *testing.T) []*i18n.Catalogue {
	t.Helper()
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return []*i18n.Catalogue{de, en}
}

func deaf(string) keyword.Meaning { return keyword.None }

// row makes the fact of a sentence false.
type row struct {
	key     string
	de, en  string
	falsify func(*standing)
}

// Each sentence of a confirmation is there because something is so, and goes when
// it is not.
func TestASentenceOfAConfirmationRestsOnAFact(t *testing.T) {
	stopped := standing{company: "Beispiel GmbH", numbers: 1, stopped: true, withdrawn: true, inBooks: true, underWay: true, hears: keyword.Set{}.Match}
	several, lifted := stopped, stopped
	several.numbers = 2
	lifted.stopped, lifted.form = false, "https://einklang.example.com/opt-in/beispiel"
	for _, c := range both(t) {
		for _, group := range []struct {
			all  []confirming
			so   []standing
			rows [][]row
		}{
			{ofStop(c), []standing{stopped, several}, [][]row{{
				{"confirm.k1", "Erledigt: Beispiel GmbH schreibt Ihnen über WhatsApp nicht mehr.", "Done: Beispiel GmbH will not write to you", func(s *standing) { s.stopped = false }},
				{"confirm.k1.consents", "Ihre Einwilligungen sind widerrufen", "Your consents are withdrawn", func(s *standing) { s.withdrawn = false }},
				{"confirm.k1.again", "dürfen wir darauf antworten; Anfragen zu Ihren Daten beantworten wir immer", "we may answer that", func(s *standing) { s.hears = deaf }},
				{"confirm.k1.again", "dürfen wir darauf antworten", "we may answer that", func(s *standing) { s.stopped = false }},
				{"confirm.k1.start", "START hebt den Stopp auf", "START lifts the stop", func(s *standing) { s.hears = deaf }},
				{"confirm.k1.books", "verlässt unsere Firmentelefone", "leaves our company phones", func(s *standing) { s.inBooks = false }},
				{"confirm.k1.underway", "kann noch ankommen", "may still arrive", func(s *standing) { s.underWay = false }},
			}, {
				{"confirm.k1.several", "von keiner unserer Nummern", "from none of our numbers", func(s *standing) { s.numbers = 1 }},
			}}},
			{ofStart(), []standing{lifted}, [][]row{{
				{"confirm.k3", "Der Stopp ist aufgehoben", "The stop is lifted", func(s *standing) { s.stopped = true }},
				{"confirm.k3.form", "Neu einwilligen: https://einklang", "Consent again: https://einklang", func(s *standing) { s.form = "" }},
			}}},
		} {
			tried := map[string]bool{}
			for i, rows := range group.rows {
				for _, r := range rows {
					tried[r.key] = true
					says := map[string]string{"de": r.de, "en": r.en}[c.Locale]
					not := group.so[i]
					r.falsify(&not)
					if text := said(group.all, group.so[i], c); !strings.Contains(text, says) {
						t.Errorf("%s in %s: %q is not said in %q", r.key, c.Locale, says, text)
					}
					if text := said(group.all, not, c); strings.Contains(text, says) {
						t.Errorf("%s in %s: %q is said although it is not so", r.key, c.Locale, text)
					}
				}
			}
			if i := slices.IndexFunc(group.all, func(s confirming) bool { return !tried[s.key] }); i >= 0 {
				t.Errorf("nothing tries to make %s false", group.all[i].key)
			}
		}
	}
}
