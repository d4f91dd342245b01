// Package keyword recognises the few words with which a person steers what we
// may do: STOP, STOP WERBUNG, START, DATEN, LÖSCHEN, and how people say the
// same. Only a whole message counts, so "Bitte stoppen Sie die Lieferung
// nicht" remains an ordinary message.
package keyword

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Meaning is what a keyword asks for.
type Meaning string

// The meanings.
const (
	None      Meaning = ""
	Stop      Meaning = "stop"      // no more messages (GDPR Art. 7(3))
	Marketing Meaning = "marketing" // no more advertising (GDPR Art. 21(2))
	Start     Meaning = "start"     // takes a STOP back
	Access    Meaning = "access"    // GDPR Art. 15
	Erase     Meaning = "erase"     // GDPR Art. 17
)

// Ends reports whether advertising ends with it.
func (m Meaning) Ends() bool { return m == Stop || m == Marketing }

// Set is the standard keywords and those of one organisation.
type Set struct {
	Stop  []string
	Start []string
}

// longest bounds the work, in bytes; no keyword has more words than mostWords.
const (
	longest   = 2000
	mostWords = 16
)

// Match says what a message asks for, if the whole message is a keyword, said
// once or several times and with or without words of courtesy.
func (s Set) Match(message string) Meaning {
	if len(message) > longest {
		return None
	}
	word := fold(message)
	plain := essence(word)
	if word == "" || strings.Count(plain, " ") >= mostWords {
		return None
	}
	for _, said := range []string{word, plain} {
		if m := phrases[said]; m != None {
			return m
		}
	}
	for _, own := range s.Stop {
		if own = fold(own); own != "" && (own == word || own == plain) {
			return Stop
		}
	}
	for _, own := range s.Start {
		if own = fold(own); own != "" && (own == word || own == plain) {
			return Start
		}
	}
	return several(strings.Fields(plain))
}

// several is what a message of nothing but phrases that end something asks for,
// one after another ("Stop! Keine Werbung mehr!"): all of it.
func several(words []string) Meaning {
	if len(words) == 0 || !begins[words[0]] {
		return None
	}
	best := make([]Meaning, len(words)+1) // of the words before
	for end := 1; end <= len(words); end++ {
		for begin := range end {
			if begin > 0 && best[begin] == None {
				continue
			}
			m := phrases[strings.Join(words[begin:end], " ")]
			if !m.Ends() {
				continue
			}
			if begin > 0 && best[begin] == Stop {
				m = Stop
			}
			if best[end] != Marketing { // the longest phrase says it best: "Stop Werbung" is no "Stop"
				best[end] = m
			}
		}
	}
	return best[len(words)]
}

// essence leaves out courtesy and what is said again.
func essence(folded string) string {
	var kept []string
	for _, w := range strings.Fields(folded) {
		if !courtesy[w] && (len(kept) == 0 || kept[len(kept)-1] != w) {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// fold makes messages comparable: small letters, umlauts written out, single
// spaces, and no punctuation or emoji.
func fold(message string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(norm.NFKC.String(message)) { // also full-width letters
		switch {
		case r == 'ä':
			b.WriteString("ae")
		case r == 'ö':
			b.WriteString("oe")
		case r == 'ü':
			b.WriteString("ue")
		case r == 'ß':
			b.WriteString("ss")
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
			if r == '\u0308' { // a dieresis that stands alone, as some keyboards write it
				b.WriteByte('e')
			}
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Same reports whether two words are one keyword. No word is the same as none.
func Same(a, b string) bool {
	word := fold(a)
	return word != "" && word == fold(b)
}

// Told reports whether a text tells with which word advertising ends. "Stop"
// is an ordinary word too ("non-stop", "stop by"): it counts in capitals or in
// quotation marks.
func Told(text string) bool {
	for _, written := range strings.Fields(text) {
		word := strings.TrimFunc(written, func(r rune) bool { return !unicode.IsLetter(r) })
		quoted := strings.ContainsAny(written, "\"'„“”‚‘’«»")
		switch folded := fold(word); folded {
		case "stopp", "abmelden", "abbestellen", "unsubscribe":
			return phrases[folded].Ends()
		case "stop":
			if word == "STOP" || quoted {
				return phrases[folded].Ends()
			}
		}
	}
	return false
}
