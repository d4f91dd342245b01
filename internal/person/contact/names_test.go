package contact

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"einklang/internal/rule/fold"
)

func TestNamesAreFoundAsPeopleTypeThem(t *testing.T) {
	for _, c := range []struct {
		name, typed string
		want        bool
	}{
		{"Jörg Müller-Lüdenscheid", "mueller", true},
		{"Jörg Müller-Lüdenscheid", "müll", true},
		{"Jörg Müller-Lüdenscheid", "lüd jö", true},
		{"Heike Groß", "gross", true},
		{"René Café", "rene cafe", true},
		{"Erika Mustermann", "muster erika", true},
		{"Erika Mustermann", "mann", false},
	} {
		typed := fold.Of(c.typed)
		if got := fold.Begins(fold.Of(c.name), typed); got != c.want {
			t.Errorf("%q finds %q: %v, want %v", c.typed, c.name, got, c.want)
		}
		if c.want {
			for _, w := range typed {
				if !slices.Contains(indexed(c.name), probe(w)) {
					t.Errorf("the index of %q lacks %q for %q", c.name, probe(w), w)
				}
			}
		}
	}
}

func TestTheIndexHoldsEveryProbe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Za-zÄÖÜäöüß]{1,14}( [A-Za-zÄÖÜäöüß]{1,14})?`).Draw(t, "name")
		for _, w := range fold.Of(name) {
			n := rapid.IntRange(2, 20).Draw(t, "typed")
			if typed := fold.Cut(w, n); len([]rune(typed)) >= 2 && !slices.Contains(indexed(name), probe(typed)) {
				t.Fatalf("the index of %q lacks %q for %q", name, probe(typed), typed)
			}
		}
	})
}
