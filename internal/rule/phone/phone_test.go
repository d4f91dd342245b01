package phone

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestRead(t *testing.T) {
	for _, c := range []struct{ text, country, want string }{
		{"+49 176 04069001", "DE", "4917604069001"},
		{"0176 04069001", "DE", "4917604069001"},
		{"0176/0406-9001", "DE", "4917604069001"},
		{"+49 (0) 176 04069001", "DE", "4917604069001"},
		{"0049 176 04069001", "DE", "4917604069001"},
		{"4917604069001", "DE", "4917604069001"},
		{"\u202a+49 176 04069001\u202c", "DE", "4917604069001"}, // as copied from WhatsApp
		{"+49\u00a0176\u202f04069001", "DE", "4917604069001"},
		{"030 23125000", "DE", "493023125000"},
		{"0664 1234567", "AT", "436641234567"},
		{"07700 900123", "GB", "447700900123"},
		{"+44 7700 900123", "DE", "447700900123"},
	} {
		if got, err := Read(c.text, c.country); got != c.want || err != nil {
			t.Errorf("%q in %s: got %q, %v, want %q", c.text, c.country, got, err, c.want)
		}
	}
	for _, text := range []string{"", " ", "keine", "0", "12", "+49", "+49 1", "0800 BLUMEN", "erika@example.com", "01.05.2024 anrufen", "+4917604069001234567", "+999 12345678", "=1+1"} {
		if got, err := Read(text, "DE"); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q was read as %q", text, got)
		}
	}
}

// A number without a sign of its country code is one of the country first. Where it
// can be another's as well, or has no area code, nothing is guessed.
func TestANumberWithoutASignIsOfItsCountry(t *testing.T) {
	for _, c := range []struct {
		text, country, want string
		err                 error
	}{
		{"176 04069955", "DE", "4917604069955", nil},
		{"17604069955", "DE", "4917604069955", nil}, // as a table leaves it
		{"15123456789", "DE", "4915123456789", nil},
		{"4917604069955", "DE", "4917604069955", nil},
		{"6641234567", "AT", "436641234567", nil},
		{"347 1234567", "IT", "393471234567", nil},
		{"7700900123", "GB", "447700900123", nil},
		{"2025550123", "US", "12025550123", nil},
		{"33612345678", "DE", "", ErrUnsigned}, // Fürstenwalde, or a mobile phone in France
		{"17604069955", "", "17604069955", nil},
		{"98765-4322", "BR", "", ErrInvalid},
		{"15 2345 6789", "AR", "", ErrInvalid},
		{"11 98765-4322", "BR", "5511987654322", nil},
	} {
		if got, err := Read(c.text, c.country); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q in %q: %q, %v, want %q, %v", c.text, c.country, got, err, c.want, c.err)
		}
	}
}

// The short way gives what the long way gives.
func TestQuickIsRight(t *testing.T) {
	countries := slices.Sorted(maps.Keys(simple))
	rapid.Check(t, func(t *rapid.T) {
		country := rapid.SampledFrom(countries).Draw(t, "country")
		text := rapid.SampledFrom([]string{"0", "+" + simple[country], "+" + simple[country] + " ", "0 ", "00", "+", "0/"}).Draw(t, "beginning") +
			rapid.StringMatching(`[0-9][0-9 /.-]{0,14}[0-9]`).Draw(t, "rest")
		got, ok := quick(text, country)
		if !ok {
			return
		}
		if want, _, err := parse(text, country); err != nil || got != want {
			t.Fatalf("%q in %s: got %q, want %q, %v", text, country, got, want, err)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add("+49 176 04069001", "DE")
	f.Fuzz(func(t *testing.T, text, country string) {
		got, err := Read(text, country)
		if err != nil {
			return
		}
		if again, err := Read("+"+got, country); again != got || err != nil {
			t.Fatalf("%q became %q, which became %q, %v", text, got, again, err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		_, _ = Read("0176 04069001", "DE")
	}
}
