package keyword

import "testing"

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
