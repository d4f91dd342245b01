package keyword

import "strings"

// exceptions are the words that an organisation uses in another sense.
type exceptions struct {
	words map[string]bool
}

// families are words that stand and fall together.
var families = [][]string{
	{"abmelden", "abmeldung", "abmelde", "abgemeldet", "abzumelden", "abmeld"},
	{"anmelden", "anmeldung"},
	{"austragen", "austragung", "auszutragen", "ausgetragen"},
	{"abbestellen", "abbestellung", "abbestelle", "abbestellt", "abzubestellen"},
	{"loeschen", "loesche", "loescht", "loesch", "loeschung", "geloescht"},
	{"daten", "data"},
	{"auskunft"},
	{"start", "subscribe"},
	{"delete", "erase", "remove"},
	{"unsubscribe", "unsub"},
	{"kuendigen", "kuendige"},
}

func (s Set) exceptions() exceptions {
	if len(s.Except) == 0 {
		return exceptions{}
	}
	e := exceptions{words: map[string]bool{}}
	for _, except := range s.Except {
		if !Exceptable(except) {
			continue
		}
		word := fold(except)
		e.words[word] = true
		for _, family := range families {
			for _, one := range family {
				if one == word {
					for _, other := range family {
						e.words[other] = true
					}
				}
			}
		}
	}
	return e
}

// apply takes their meaning from the words of a message, unless it speaks of
// advertising, messages or a consent: then they mean what they say.
func (e exceptions) apply(words []token) {
	if e.words == nil {
		return
	}
	for _, w := range words {
		if w.is&(advert|message|list|channel|consent) != 0 {
			return
		}
	}
	for i, w := range words {
		if e.words[w.word] {
			words[i].is, words[i].lang = 0, 0
		}
	}
}

// Exceptable reports whether an organisation may use a word in another sense:
// one word that can sign off from something else, never STOP, and nothing that
// says by itself what is to end (GDPR Art. 7(3): as easy as to give it).
func Exceptable(word string) bool {
	folded := fold(word)
	if folded == "" || strings.Contains(folded, " ") {
		return false
	}
	e := lexicon[folded]
	return e != nil && e.is&(unsub|erase|begin|data|report|pull|done) != 0 && e.is&(stop|advert|message|consent|revoke|object|no|not) == 0
}
