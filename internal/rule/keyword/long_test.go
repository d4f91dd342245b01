package keyword

import (
	"strings"
	"testing"
	"time"
)

// TestLongMessagesTakeNoLongerThanTheyAre: a message of 64 KB, however made,
// is through at once; twice the length takes no more than some times as long.
func TestLongMessagesTakeNoLongerThanTheyAre(t *testing.T) {
	for name, part := range map[string]string{
		"words": "Bitte stoppen Sie keine Werbung mehr nicht, ", "letters": "S ", "sentences": "STOP. ", "one word": "stop", "slips": "werbnug ",
		"begins": "über nicht nicht nicht ", "marks": "\u0308\u200b", "full width": "ＳＴＯＰ ", "nothing": "\x00",
	} {
		before := time.Now()
		Set{Except: []string{"abmelden"}}.Hear(strings.Repeat(part, longest/len(part)))
		if took := time.Since(before); took > 500*time.Millisecond {
			t.Errorf("%s: %s", name, took)
		}
	}
}

// TestDecorationsChangeNothing: what stands around the words is none of them.
func TestDecorationsChangeNothing(t *testing.T) {
	for phrase, want := range map[string]Meaning{"STOP": Stop, "Keine Werbung mehr": Marketing, "Bitte löschen Sie meine Daten": Erase, "Welche Daten haben Sie über mich?": Access} {
		for _, dressed := range []string{
			phrase, "🛑 " + phrase + " 🛑", "„" + phrase + "“", "*" + phrase + "*", "_" + phrase + "_", "~" + phrase + "~", phrase + "!!!", "... " + phrase + " ...", "\u200b" + phrase + "\u200d\ufe0f",
			"\u202a" + phrase + "\u202c", strings.ToUpper(phrase), strings.ToLower(phrase), wide(phrase), phrase + "\n\n", "- " + phrase, "(" + phrase + ")", phrase + " 🙏🏽", phrase + " " + phrase,
			"Hallo, " + phrase + ". Danke, Gruß Kim", "Guten Tag, " + phrase + "\nMit freundlichen Grüßen\nKim Kunde", "bitte " + phrase + " danke", strings.ReplaceAll(phrase, " ", "\u00a0"),
			strings.ReplaceAll(phrase, "o", "o\u0301"), strings.ReplaceAll(phrase, "e", "e\u200d\u00ad"), strings.ReplaceAll(phrase, "T", "T\u2060"),
		} {
			if got := (Set{}).Match(dressed); got != want {
				t.Errorf("%q means %q, want %q", dressed, got, want)
			}
		}
	}
}

// wide writes a phrase in full-width letters.
func wide(phrase string) string {
	return strings.Map(func(r rune) rune {
		if '!' <= r && r <= '~' {
			return r - '!' + '！'
		}
		return r
	}, phrase)
}

// TestALongMessageIsHeardToItsEnd: a STOP behind much else is no STOP by itself,
// a clear sentence is.
func TestALongMessageIsHeardToItsEnd(t *testing.T) {
	story := strings.Repeat("Gestern war ich in Ihrem Laden in der Stadt. ", 40)
	for message, want := range map[string]Meaning{
		story + "Bitte schicken Sie mir keine Nachrichten mehr.": Stop,
		story + "Keine Werbung mehr bitte!":                      Marketing,
		story:                                                    None,
	} {
		if got := (Set{}).Match(message); got != want {
			t.Errorf("%q … means %q, want %q", message[len(message)-60:], got, want)
		}
	}
}
