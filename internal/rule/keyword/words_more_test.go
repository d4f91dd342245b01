package keyword

import (
	"strings"
	"testing"
)

// TestPhrasesSaidSeveralTimesOrTogether: what is said twice, padded, in
// full-width letters or one after another means no less.
func TestPhrasesSaidSeveralTimesOrTogether(t *testing.T) {
	for _, c := range []struct {
		said string
		want Meaning
	}{
		{"STOP. Keine Nachrichten mehr.", Stop},
		{"STOP\nKeine Nachrichten mehr", Stop},
		{"Stop! Keine Werbung mehr!", Stop},
		{"Stop Werbung Stop Werbung", Marketing},
		{"keine Werbung mehr keine Werbung mehr", Marketing},
		{"Bitte keine Nachrichten mehr senden", Stop},
		{"Bitte keine Werbung mehr schicken", Marketing},
		{"STOP" + strings.Repeat("🛑", 50), Stop},
		{strings.Repeat("STOP ", 60), Stop},
		{"STOP" + strings.Repeat("!", 200), Stop},
		{"ＳＴＯＰ", Stop},
		{"Stop Hauptstraße", None},
		{"Stop die Angebote kommen morgen", None},
	} {
		if got := (Set{}).Match(c.said); got != c.want {
			t.Errorf("%q means %q, want %q", c.said, got, c.want)
		}
	}
}
