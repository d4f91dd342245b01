package keyword

import "testing"

// TestWordsThatAreOrdinaryHere: a school where people sign off from lunch.
func TestWordsThatAreOrdinaryHere(t *testing.T) {
	school := Set{Except: []string{"Abmelden", "STOP", "Stopp", "keine Werbung", "Einwilligung"}}
	for message, want := range map[string]Meaning{
		"Abmelden": None, "Bitte abmelden": None, "Abmeldung": None, "ich möchte mich abmelden": None, "abmeldne": None,
		"Abmelden vom Newsletter": Marketing, "Bitte von WhatsApp abmelden": Stop, "Bitte keine Nachrichten mehr": Stop,
		"STOP": Stop, "Stopp!": Stop, "sotp": Stop, "Keine Werbung": Marketing, "Ich widerrufe meine Einwilligung": Stop, "austragen": Stop,
	} {
		if got := school.Match(message); got != want {
			t.Errorf("%q means %q, want %q", message, got, want)
		}
	}
}

func TestWhoSignsOffElsewhere(t *testing.T) {
	if got := (Set{}).Match("Bitte melden Sie uns ab"); got != Stop {
		t.Errorf("without the exception it means %q", got)
	}
}
