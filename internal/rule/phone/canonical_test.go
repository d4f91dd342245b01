package phone

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The ways in which people, Meta and other programs write one number.
func TestOneNumberHoweverWritten(t *testing.T) {
	text, err := os.ReadFile("testdata/numbers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	type spelled struct{ written, country, person string }
	var all []spelled
	for line := range strings.Lines(string(text)) {
		if at := strings.Split(strings.TrimRight(line, "\n"), "\t"); at[0] != "written" {
			all = append(all, spelled{at[0], at[1], at[2]})
		}
	}
	if len(all) != 8 {
		t.Fatalf("%d cases", len(all))
	}
	all = append(all,
		// Brazil
		spelled{"+55 11 8765-4322", "", "5511987654322"}, spelled{"5511987654322", "", "5511987654322"}, spelled{"551187654322", "", "5511987654322"}, spelled{"(011) 98765-4322", "BR", "5511987654322"},
		spelled{"11987654322", "BR", "5511987654322"}, spelled{"0055 (0)11 98765 4322", "", "5511987654322"}, spelled{"+55 11 3765-4322", "", "551137654322"},
		// Mexico
		spelled{"5215512345679", "", "525512345679"}, spelled{"044 55 1234 5679", "MX", "525512345679"}, spelled{"55 1234 5679", "MX", "525512345679"},
		// Argentina
		spelled{"+54 9 11 2345-6789", "", "5491123456789"}, spelled{"+54 11 2345-6789", "", "5491123456789"}, spelled{"011 15-2345-6789", "AR", "5491123456789"},
		spelled{"54111523456789", "", "5491123456789"}, spelled{"+54 221 15 456-7890", "", "5492214567890"}, spelled{"02901 15 456789", "AR", "5492901456789"},
		// A zero that belongs, one that doesn't, and an eight
		spelled{"+39 06 69812345", "", "390669812345"}, spelled{"+39 (0)6 69812345", "", "390669812345"}, spelled{"06 69812345", "IT", "390669812345"}, spelled{"347 1234567", "IT", "393471234567"},
		spelled{"+44 (0)7700 900123", "", "447700900123"}, spelled{"8 (912) 345-67-89", "RU", "79123456789"}, spelled{"06 20 123 4567", "HU", "36201234567"},
		// Longer numbers since 2021 and 2024: nothing is guessed
		spelled{"+225 07 12 34 56 78", "", "2250712345678"}, spelled{"+229 01 97 12 34 56", "", "2290197123456"},
		// Digits of other scripts, marks that cannot be seen, links
		spelled{"＋４９　１７６　０４０６９９５５", "", "4917604069955"}, spelled{"٠١٧٦ ٠٤٠٦٩٩٥٥", "DE", "4917604069955"}, spelled{"+۴۹ ۱۷۶ ۰۴۰۶۹۹۵۵", "", "4917604069955"},
		spelled{"\u2066+49\u00a0(0)\u202f176\u200b\u2060 0406\u20119955\u2069\ufeff", "", "4917604069955"}, spelled{"tel:+49-176-04069955", "", "4917604069955"}, spelled{"whatsapp:+4917604069955", "", "4917604069955"},
		spelled{"0176–04069955", "DE", "4917604069955"}, spelled{"00 49 176 04069955", "", "4917604069955"}, spelled{"17612345678", "DE", "4917612345678"},
	)
	for _, c := range all {
		if got, err := Read(c.written, c.country); got != c.person || err != nil {
			t.Errorf("%q in %q: %q, %v, want %q", c.written, c.country, got, err, c.person)
		}
		if Canonical(c.person) != c.person {
			t.Errorf("the canonical form of %q is %q", c.person, Canonical(c.person))
		}
	}
}

// A number of a country is read only by somebody who knows the country.
func TestANationalNumberNeedsACountry(t *testing.T) {
	for _, text := range []string{"0176 04069955", "(0176) 04069955", "0664 1234567"} {
		if got, err := Read(text, ""); !errors.Is(err, ErrNational) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"0", "abc", "", "+0176 04069955", "+49"} {
		if got, err := Read(text, ""); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// Each spelling of a number leads to it, and what Meta may write is among them.
func TestSpellings(t *testing.T) {
	for _, c := range []struct {
		number string
		among  []string
	}{
		{"4917604069955", []string{"4917604069955", "49017604069955"}},
		{"5511987654322", []string{"551187654322", "55011987654322"}},
		{"525512345679", []string{"5215512345679"}},
		{"5491123456789", []string{"541123456789", "54111523456789"}},
		{"5492214567890", []string{"542214567890", "54221154567890"}},
		{"390669812345", []string{"390669812345"}},
	} {
		all := Spellings(c.number)
		if all[0] != c.number {
			t.Errorf("%s does not come first: %v", c.number, all)
		}
		for _, s := range c.among {
			if !slices.Contains(all, s) {
				t.Errorf("%s is not among %v", s, all)
			}
		}
		for _, s := range append(Alike(c.number), c.number) {
			if Canonical(s) != c.number || !slices.Contains(all, s) {
				t.Errorf("%s leads to %s, not to %s", s, Canonical(s), c.number)
			}
		}
	}
}

// The canonical form is one: making it twice changes nothing, all forms of
// Meta's lead to it, and it can be read again.
func TestCanonicalIsOneForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.SampledFrom([]string{"55", "52", "521", "54", "549", "49", "39", "7", "225"}).Draw(t, "code") + rapid.StringMatching(`[1-9][0-9]{7,10}`).Draw(t, "rest")
		one := Canonical(number)
		if Canonical(one) != one {
			t.Fatalf("%s became %s, which became %s", number, one, Canonical(one))
		}
		for _, alike := range Alike(one) {
			if Canonical(alike) != one {
				t.Fatalf("%s is alike to %s, and became %s", alike, one, Canonical(alike))
			}
		}
		if one != number && !slices.Contains(Spellings(one), number) {
			t.Fatalf("%s is no spelling of %s", number, one)
		}
		trunk := strings.HasPrefix(one, "78") && len(one) > 11 // Russia's 8 before a number is none of it
		if read, err := Read("+"+one, ""); err == nil && read != one && !trunk {
			t.Fatalf("%s was read as %s", one, read)
		}
	})
}

func BenchmarkCanonical(b *testing.B) {
	for b.Loop() {
		_ = Canonical("4917604069955")
	}
}
