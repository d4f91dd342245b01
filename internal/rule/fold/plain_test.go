package fold

import (
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"\u202a+49\u00a0176\u202f04\u2009069\u202c": "+49 176 04 069",
		"\ufeffKim\u200b Ku\u00adn\u2060de\u200e":   "Kim Kunde",
		"S\u200dT\u200cO\u2066P\u2069":              "STOP",
		"a\u3000b\u2003c":                           "a b c",
		"Zeile\nund\tSpalte\x07":                    "Zeile\nund\tSpalte\x07",
		"ä é ß 😊 Ж":                                 "ä é ß 😊 Ж",
		"":                                          "",
	} {
		if got := strings.Map(Plain, text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
