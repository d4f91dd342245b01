// Package keyword recognises the few words with which a person steers what we
// may do: STOP, START, DATEN, LÖSCHEN. Only a whole message counts, so "Bitte
// stoppen Sie die Lieferung" remains an ordinary message.
package keyword

import (
	"strings"
	"unicode"
)

// Meaning is what a keyword asks for.
type Meaning string

// The meanings.
const (
	None   Meaning = ""
	Stop   Meaning = "stop"   // no more messages (GDPR Art. 7(3))
	Start  Meaning = "start"  // takes a STOP back
	Access Meaning = "access" // GDPR Art. 15
	Erase  Meaning = "erase"  // GDPR Art. 17
)

// standard holds the keywords in the form that fold gives, German and English.
var standard = map[string]Meaning{
	"stop": Stop, "stopp": Stop, "stop all": Stop, "stopall": Stop, "abmelden": Stop, "abbestellen": Stop,
	"austragen": Stop, "unsubscribe": Stop, "opt out": Stop, "optout": Stop, "keine werbung": Stop,
	"start": Start, "anmelden": Start, "subscribe": Start, "unstop": Start, "opt in": Start, "optin": Start,
	"daten": Access, "datenschutz": Access, "meine daten": Access, "my data": Access, "auskunft": Access,
	"loeschen": Erase, "meine daten loeschen": Erase, "delete my data": Erase, "delete me": Erase,
}

// Set is the standard keywords and those of one organisation.
type Set struct {
	Stop  []string
	Start []string
}

// longest bounds the work: no keyword is longer.
const longest = 200

// Match says what a message asks for, if the whole message is a keyword.
func (s Set) Match(message string) Meaning {
	if len(message) > longest {
		return None
	}
	word := fold(message)
	if word == "" {
		return None
	}
	if m := standard[word]; m != None {
		return m
	}
	for _, own := range s.Stop {
		if fold(own) == word {
			return Stop
		}
	}
	for _, own := range s.Start {
		if fold(own) == word {
			return Start
		}
	}
	return None
}

// fold makes messages comparable: small letters, umlauts written out, single
// spaces, and no punctuation or emoji at the ends.
func fold(message string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(message) {
		switch {
		case r == 'ä':
			b.WriteString("ae")
		case r == 'ö':
			b.WriteString("oe")
		case r == 'ü':
			b.WriteString("ue")
		case r == 'ß':
			b.WriteString("ss")
		case r == '-' || r == '_':
			b.WriteByte(' ')
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
			if r == '\u0308' { // a dieresis that stands alone, as some keyboards write it
				b.WriteByte('e')
			}
		default:
			b.WriteRune(r)
		}
	}
	trimmed := strings.TrimFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(strings.Fields(trimmed), " ")
}

// Same reports whether two words are one keyword. No word is the same as none.
func Same(a, b string) bool {
	word := fold(a)
	return word != "" && word == fold(b)
}
