package keyword

import (
	"strings"
	"unicode"

	unseen "einklang/internal/rule/fold"
	"einklang/internal/rule/pii"

	"golang.org/x/text/unicode/norm"
)

// token is a word as it is compared, and what stands behind it.
type token struct {
	pii.Personal
	word  string
	known *entry // of the word; nil: nobody told us of it
	is    class
	lang  lang
	loud  bool // written in capitals
	big   bool // begins with a capital
	after mark
}

// mark is what separates a word from the next.
type mark uint8

const (
	space   mark = iota
	soft         // a comma, a dash, a bracket
	hard         // the end of a sentence
	line         // the end of a line
	inquiry      // a question mark
)

// mostWords is how many words of a message are weighed: who wants to end
// something says so sooner.
const mostWords = 600

// plain are the letters that Unicode does not take apart.
var plain = map[rune]string{'ß': "ss", 'ł': "l", 'ø': "oe", 'æ': "ae", 'œ': "oe", 'đ': "d", 'ı': "i", 'ħ': "h", 'þ': "th"}

// decomposed are the small letters of the Latin and Greek alphabets without
// their marks, umlauts written out.
var decomposed = func() (all [0x400]string) {
	for r := rune(0xC0); r < 0x400; r++ {
		low := unicode.ToLower(r)
		if !unicode.IsLetter(low) {
			continue
		}
		if written := plain[low]; written != "" {
			all[r] = written
			continue
		}
		var b strings.Builder
		for _, part := range norm.NFKD.String(string(low)) {
			switch {
			case part == '\u0308' && strings.ContainsRune("aou", rune(lastOf(b.String()))):
				b.WriteByte('e')
			case unicode.IsLetter(part):
				part = unicode.ToLower(part)
				if written := plain[part]; written != "" {
					b.WriteString(written)
				} else {
					b.WriteRune(part)
				}
			}
		}
		all[r] = strings.ReplaceAll(b.String(), "ς", "σ")
	}
	return all
}()

func lastOf(s string) byte {
	if s == "" {
		return 0
	}
	return s[len(s)-1]
}

// letters writes a rune as it is compared; nothing for what is no letter.
func letters(b []byte, r rune) []byte {
	switch {
	case r < 0x80:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(b, byte(r))
	case r < 0x400:
		return append(b, decomposed[r]...)
	}
	return append(b, string(unicode.ToLower(r))...)
}

// uncommon reports whether a message has letters in another form than the
// usual: full-width, styled, or taken apart.
func uncommon(message string) bool {
	for _, r := range message {
		if r >= 0x300 && (r < 0x370 || r >= 0x1E00 && !(0x2000 <= r && r < 0x2070) && (unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) || unicode.IsDigit(r) || unringed(r) != r)) {
			return true
		}
	}
	return false
}

// unringed gives a letter in a circle or a square as it is without: those that are
// filled have no other form in Unicode (Enclosed Alphanumerics, and Supplement).
func unringed(r rune) rune {
	for _, first := range [...]rune{0x24B6, 0x1F130, 0x1F150, 0x1F170} {
		if first <= r && r < first+26 {
			return 'A' + r - first
		}
	}
	if 0x24D0 <= r && r < 0x24D0+26 {
		return 'a' + r - 0x24D0
	}
	return r
}

// split takes a message apart into words.
func split(message string) []token {
	if uncommon(message) {
		message = norm.NFKC.String(strings.Map(unringed, message))
	}
	all := make([]token, 0, min(len(message)/5+2, mostWords))
	word := make([]byte, 0, 32)
	var upper, lower int
	var big bool
	end := func() {
		if len(word) == 0 {
			return
		}
		t := token{loud: upper > 1 && lower == 0, big: big, known: lexicon[string(word)]}
		if t.known != nil {
			t.word = t.known.word
		} else {
			t.word = string(word)
		}
		all = append(all, t)
		word, upper, lower, big = word[:0], 0, 0, false
	}
	before := ' '
	for _, r := range message {
		dash := r == '-' && before == ' '
		before = r
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			lower++
			word = append(word, byte(r))
			continue
		case r == '\u0308' && strings.IndexByte("aou", lastOf(string(word[max(0, len(word)-1):]))) >= 0:
			word = append(word, 'e') // a dieresis that stands alone, as some keyboards write it
			continue
		case r >= 0x80 && (unicode.Is(unicode.Mn, r) || unseen.Plain(r) < 0):
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if unicode.IsUpper(r) {
				big = big || len(word) == 0
				upper++
			} else {
				lower++
			}
			word = letters(word, r)
			if len(all) < mostWords {
				continue
			}
		}
		end()
		if len(all) == mostWords {
			break
		}
		if n := len(all); n > 0 {
			m := marked(r)
			if dash {
				m = soft
			}
			if last := lastOf(all[n-1].word); r == '.' && '0' <= last && last <= '9' {
				m = space // "am 3. Mai"
			}
			all[n-1].after = max(all[n-1].after, m)
		}
	}
	end()
	return all
}

func marked(r rune) mark {
	switch r {
	case '.', '!', '…', ';', '。', '¡':
		return hard
	case '\n', '\r':
		return line
	case '?', '¿':
		return inquiry
	case ' ', '\t', '\u00A0', '-', '\'', '’', '_', '"', '„', '“', '”', '*', '~':
		return space
	case ',', ':', '(', ')', '–', '—', '/', '|':
		return soft
	}
	if r >= 0x2190 { // emoji
		return soft
	}
	return space
}

// spelled joins words that were written letter by letter: "S T O P".
func spelled(all []token) []token {
	for i := 0; i+3 < len(all); i++ {
		n := i
		for n < len(all) && len(all[n].word) == 1 && (n == i || all[n-1].after < line) {
			n++
		}
		if n-i < 4 {
			continue
		}
		var b strings.Builder
		for _, t := range all[i:n] {
			b.WriteString(t.word)
		}
		one := token{word: b.String(), after: all[n-1].after, loud: true, known: lexicon[b.String()]}
		all = append(append(all[:i:i], one), all[n:]...)
	}
	return all
}

// fold makes messages comparable: small letters, umlauts written out, single
// spaces, and no punctuation or emoji.
func fold(message string) string {
	var b strings.Builder
	for i, t := range split(message) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.word)
	}
	return b.String()
}
