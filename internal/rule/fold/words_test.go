package fold

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"Müller, Mueller", []string{"mueller", "mueller"}},
		{"Mu\u0308ller", []string{"mueller"}}, // as an iPhone may write it
		{"GROß und Groß-Beispiel", []string{"gross", "und", "gross", "beispiel"}},
		{"Straße 12a", []string{"strasse", "12a"}},
		{"Café Zoë", []string{"cafe", "zoe"}},
		{"İstanbul", []string{"istanbul"}},
		{"Привет, Мир!", []string{"привет", "мир"}},
		{"4711", []string{"4711"}},
		{" … 🙂 !", nil},
		{"", nil},
	} {
		if got := Of(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		word string
		n    int
		want string
	}{{"привет", 3, "при"}, {"ab", 3, "ab"}, {"abc", 3, "abc"}, {"", 3, ""}} {
		if got := Cut(c.word, c.n); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.word, c.n, got, c.want)
		}
	}
}

func TestBegins(t *testing.T) {
	have := Of("Der große Wassertank kostet 34,90 €")
	for _, c := range []struct {
		typed string
		want  bool
	}{{"wasser", true}, {"GROS wasser", true}, {"tank", false}, {"wasser preis", false}, {"", true}} {
		if got := Begins(have, Of(c.typed)); got != c.want {
			t.Errorf("%q: %t", c.typed, got)
		}
	}
}

// FuzzSpans: every span lies in the text, after the one before it, and folds
// to its word; folding twice changes nothing.
func FuzzSpans(f *testing.F) {
	f.Add("Müller 12a")
	f.Add("Mu\u0308\xff\u0301 ß")
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, s := range Spans(text) {
			if s.Start < end || s.End <= s.Start || s.End > len(text) || s.Word == "" {
				t.Fatalf("%q: %+v", text, s)
			}
			if end = s.End; Fold(text[s.Start:s.End]) != s.Word {
				t.Fatalf("%q: %+v", text, s)
			}
			if utf8.ValidString(text) && Fold(s.Word) != s.Word && !strings.ContainsFunc(s.Word, func(r rune) bool { return r > 0x24f }) {
				t.Fatalf("%q folds on to %q", s.Word, Fold(s.Word))
			}
		}
	})
}
