// Package fold says how texts are cut into words for searching, and which
// words count as the same: lower case, German umlauts written out (ü = ue, ß =
// ss), other accents left out. So "Müller" finds "mueller", and "cafe" finds
// "Café".
package fold

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"einklang/internal/rule/pii"
)

// Span is a word and where it stands in its text, in bytes.
type Span struct {
	pii.Personal
	Start, End int
	Word       string // as Of writes it
}

// Of cuts a text into its words.
func Of(text string) []string {
	spans := Spans(text)
	all := make([]string, len(spans))
	for i, s := range spans {
		all[i] = s.Word
	}
	return all
}

// Spans cuts a text into its words and says where they stand. A word is a run
// of letters and digits; what stands between is no part of any.
func Spans(text string) []Span {
	var all []Span
	start := -1
	for i, r := range text {
		if part(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			all = appendSpan(all, text, start, i)
			start = -1
		}
	}
	if start >= 0 {
		all = appendSpan(all, text, start, len(text))
	}
	return all
}

func appendSpan(all []Span, text string, start, end int) []Span {
	if w := Fold(text[start:end]); w != "" {
		return append(all, Span{Start: start, End: end, Word: w})
	}
	return all
}

// part reports whether a character belongs to a word. A mark belongs to the
// letter before it.
func part(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) }

// Fold writes a word as the search compares it.
func Fold(word string) string {
	if plain(word) {
		return word
	}
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToLower(word)) {
		switch r {
		case 'ä':
			b.WriteString("ae")
		case 'ö':
			b.WriteString("oe")
		case 'ü':
			b.WriteString("ue")
		case 'ß':
			b.WriteString("ss")
		default:
			b.WriteRune(r)
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(b.String()))
}

// plain reports whether folding changes nothing.
func plain(word string) bool {
	for i := range len(word) {
		if c := word[i]; c >= 0x80 || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// Cut is the first n characters of a word, or all of a shorter one.
func Cut(word string, n int) string {
	for i := range word {
		if n == 0 {
			return word[:i]
		}
		n--
	}
	return word
}

// Begins reports whether every one of typed begins a word among have.
func Begins(have, typed []string) bool {
	for _, w := range typed {
		found := false
		for _, h := range have {
			if found = strings.HasPrefix(h, w); found {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
