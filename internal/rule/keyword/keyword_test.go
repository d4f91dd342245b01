package keyword

import (
	_ "embed"
	"strings"
	"testing"
)

//go:embed testdata/phrases.tsv
var written string

// What customers write, and what follows. What is unclear a
// colleague decides.
func TestPhrasesOfCustomers(t *testing.T) {
	means := map[string]Meaning{"all": Stop, "marketing": Marketing, "erase": Erase, "access": Access, "ask": Ask, "none": None}
	for _, line := range strings.Split(strings.TrimSpace(written), "\n")[1:] {
		phrase, want, _ := strings.Cut(line, "\t")
		expected, known := means[want]
		if got := (Set{}).Match(phrase); !known || got != expected {
			t.Errorf("%q means %q, want %s", phrase, got, want)
		}
	}
}

func TestTheTableIsReadAsItIsWritten(t *testing.T) {
	for _, means := range []Meaning{Stop, Marketing, Start, Access, Erase} {
		all := Phrases(means)
		if len(all) == 0 {
			t.Errorf("nothing means %s", means)
		}
		for _, phrase := range all {
			if fold(phrase) != phrase {
				t.Errorf("%q is never met: it is compared as %q", phrase, fold(phrase))
			}
			if got := (Set{}).Match("Bitte " + strings.ToUpper(phrase) + "! Danke"); got != means {
				t.Errorf("%q means %q, want %s", phrase, got, means)
			}
		}
	}
}

func TestMatch(t *testing.T) {
	own := Set{Stop: []string{"Kein Interesse"}, Start: []string{"Weiter"}}
	for message, want := range map[string]Meaning{
		"STOP": Stop, "stop": Stop, " Stopp! ": Stop, "STOP 🛑": Stop, "„Abmelden“": Stop, "Unsubscribe.": Stop,
		"Stop-All": Stop, "kein  interesse": Stop,
		"START": Start, "Anmelden": Start, "weiter…": Start,
		"Daten": Access, "my data": Access,
		"LÖSCHEN": Erase, "Loeschen": Erase, "Lo\u0308schen": Erase,
		"":                                       None,
		"🙂":                                      None,
		"Bitte stoppen Sie die Lieferung":        None,
		"Wo ist die Bushaltestelle? Stop oder ?": None,
		"Stop, ich habe noch eine Frage":         None,
		"Wann ist Start?":                        None,
		"starten":                                None,
		"Bitte":                                  None,
		"Danke, stoppt das Paket?":               None,
		"Ich möchte keine Werbung mehr erhalten.": Marketing,
		"Stop offers":                              Marketing,
		"I withdraw my consent":                    Stop,
		"Keine weiteren Nachrichten bitte":         Stop,
		"Hiermit widerrufe ich meine Einwilligung": Stop,
		"Bitte löschen Sie alle meine Daten!":      Erase,
		"Was kosten die Angebote?":                 None,
		"Newsletter":                               None,
	} {
		if got := own.Match(message); got != want {
			t.Errorf("%q means %q, want %q", message, got, want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("STOP")
	f.Add("Lo\u0308schen")
	f.Fuzz(func(t *testing.T, message string) {
		if once := fold(message); fold(once) != once {
			t.Errorf("folding %q twice gives %q, once %q", message, fold(once), once)
		}
		Set{}.Match(message)
	})
}
