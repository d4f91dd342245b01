package keyword

import (
	"strings"
)

// variant is what a word of a dialect is in the other lists.
type variant struct {
	means *entry
	shy   bool // it is another word as well
}

// dialect leads from how people write who write as they speak to the words of
// the other lists; see words/dialect.txt.
var dialect = map[string]variant{}

// readDialect fills the table, behind the lists that it points to.
func readDialect(raw string) {
	for line := range strings.Lines(raw) {
		said, _, _ := strings.Cut(line, "#")
		meant, forms, found := strings.Cut(said, ":")
		if !found {
			continue
		}
		e := lexicon[fold(meant)]
		if e == nil {
			panic("words/dialect.txt points to a word of no list: " + meant)
		}
		for form := range strings.SplitSeq(forms, ",") {
			form, shy := strings.CutSuffix(strings.TrimSpace(form), "?")
			for _, word := range spellings(form) {
				if e.word != word {
					dialect[word] = variant{e, shy}
				}
			}
		}
	}
}

// accented gives the words of a dialect their meaning, in short messages: most
// people who write so write little. Shy words need one beside them that is sure,
// and all of them a word that no list but this one has.
func accented(words []token) {
	shy, strange := 0, false
	for i, w := range words {
		s := dialect[w.word]
		switch {
		case s.means == nil && w.known != nil && w.known.lang&german == 0 && w.known.lang != 0 && len(w.word) > 2 && w.known.is&greeting == 0:
			return // another language
		case s.means == nil:
		case !s.shy:
			strange = strange || w.known == nil
		case i+1 < len(words) && s.means.is&no != 0 && words[i+1].known != nil && words[i+1].known.is&(message|advert|data) != 0:
			strange = true // "ka Werbung mehr"
		default:
			shy++
		}
	}
	if strange = strange || shy > 1; !strange {
		return
	}
	for i := range words {
		w := &words[i]
		s := dialect[w.word]
		if s.means == nil || w.known != nil && !s.shy {
			continue
		}
		w.word, w.known = s.means.word, s.means
	}
}
