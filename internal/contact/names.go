package contact

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Names are sealed, so they are searched through a blind index: keyed hashes
// of the beginnings of their words. To keep it small only some lengths are
// indexed; a search takes the longest that fits and then compares in clear.

var wordLengths = []int{2, 3, 4, 6, 9}

// words are the words of a name as the index sees them: lower case, German
// umlauts written out (ü = ue, ß = ss), other accents dropped.
func words(name string) []string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
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
	flat := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(b.String()))
	return strings.FieldsFunc(flat, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// indexed are the word beginnings to store for a name.
func indexed(name string) []string {
	seen := map[string]bool{}
	var all []string
	for _, w := range words(name) {
		for _, n := range wordLengths {
			if beginning := cut(w, n); !seen[beginning] && (len([]rune(w)) >= n || n == wordLengths[0]) {
				seen[beginning] = true
				all = append(all, beginning)
			}
		}
	}
	return all
}

// probe is the stored beginning that finds the candidates for a typed word.
func probe(word string) string {
	n := len([]rune(word))
	best := wordLengths[0]
	for _, l := range wordLengths {
		if l <= n {
			best = l
		}
	}
	return cut(word, best)
}

func cut(word string, n int) string {
	r := []rune(word)
	return string(r[:min(n, len(r))])
}

// matches reports whether every typed word begins a word of the name.
func matches(name string, typed []string) bool {
	have := words(name)
	for _, w := range typed {
		found := false
		for _, h := range have {
			found = found || strings.HasPrefix(h, w)
		}
		if !found {
			return false
		}
	}
	return true
}
