package keyword

import (
	_ "embed"
	"strings"
	"testing"
)

//go:embed testdata/whole.tsv
var asAWhole string

// What a message says as a whole goes before what its words say one by one.
func TestAShortMessageIsHeardAsAWhole(t *testing.T) {
	for _, line := range strings.Split(strings.TrimSpace(asAWhole), "\n")[1:] {
		phrase, kind, _ := strings.Cut(line, "\t")
		want, known := kinds[kind]
		if got := (Set{}).Match(strings.ReplaceAll(phrase, `\n`, "\n")); !known || got != want {
			t.Errorf("%q means %q, want %s", phrase, got, kind)
		}
	}
}

// Who objects to all processing has her objection weighed, and advertising ends at
// once; beside an erasure, an answer or the data that she wants as well, nothing of
// it is lost.
func TestWhatIsSaidBesideARightIsKept(t *testing.T) {
	for message, want := range map[string]Said{
		"Ich widerspreche der Verarbeitung meiner Daten":                                         {Object, Marketing, "de"},
		"Ich widerspreche der Datenverarbeitung aus berechtigtem Interesse":                      {Object, Marketing, "de"},
		"Hiermit lege ich Widerspruch gegen die Verarbeitung meiner personenbezogenen Daten ein": {Object, Marketing, "de"},
		"Einspruch gegen die Verarbeitung meiner Daten":                                          {Object, Marketing, "de"},
		"Widerspruch nach Art. 21 DSGVO":                                                         {Object, Marketing, "de"},
		"I object to the processing of my data":                                                  {Object, Marketing, "en"},
		"I object to processing under Art. 21 GDPR":                                              {Object, Marketing, "en"},
		"Ich widerspreche der Verarbeitung meiner Daten und verlange die Löschung":               {Erase, Marketing, "de"},
		"Ich widerspreche der Verarbeitung meiner Daten zu Werbezwecken":                         {Marketing, None, "de"},
		"Ich widerspreche der Verarbeitung. STOP":                                                {Object, Stop, "de"},
		"Meine Frau hat den Newsletter abbestellt, ich möchte ihn aber":                          {Ask, None, "de"},
		"My wife unsubscribed from the newsletter, but I want to keep it":                        {Ask, None, "en"},
		"STOP und Auskunft bitte":                                                                {Access, Stop, "de"},
		"Keine Werbung mehr und meine Daten löschen":                                             {Erase, Marketing, "de"},
		"Ich lege Widerspruch gegen Ihren Bescheid ein":                                          {},
		"Einspruch gegen den Bescheid vom 3. Mai":                                                {},
		"Widerspruch gegen die Rechnung":                                                         {},
		"Welche Daten haben Sie über mich? Und keine Werbung mehr.":                              {Access, Marketing, "de"},
		"STOP. Und schicken Sie mir eine Auskunft nach Art. 15 DSGVO.":                           {Access, Stop, "de"},
		"Bitte keine Nachrichten mehr, und löschen Sie meine Daten":                              {Erase, Stop, "de"},
		"What data do you have about me? No more ads please.":                                    {Access, Marketing, "en"},
	} {
		got := (Set{}).Hear(message)
		if got.Meaning == None {
			got.Locale = "" // of nothing
		}
		if got != want {
			t.Errorf("%q says %+v, want %+v", message, got, want)
		}
	}
}
