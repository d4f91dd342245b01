package keyword

import "strings"

// look gives the words of a message their classes.
func look(words []token, except exceptions) []token {
	short := len(words) <= 14
	if len(words) <= 24 {
		accented(words)
	}
	for i := range words {
		w := &words[i]
		if w.known != nil {
			continue
		}
		if w.is = compound(w.word); short && w.is == 0 {
			if meant := misspelt(w.word); meant != nil {
				w.word, w.known = meant.word, meant
			}
		}
	}
	out := words[:0]
	for i := 0; i < len(words); i++ {
		if n, e := together(words[i:]); n > 0 {
			w := words[i]
			w.is, w.lang, w.after = e.is, e.lang, words[i+n-1].after
			w.word, w.loud = e.word, false
			out = append(out, w)
			i += n - 1
			continue
		}
		w := words[i]
		if w.known != nil {
			w.is, w.lang = w.known.is, w.known.lang
		}
		if w.is == 0 && w.known != nil {
			w.is = compound(w.word)
		}
		if w.word == "ne" && i+1 < len(words) && words[i+1].known != nil && words[i+1].known.lang&german != 0 {
			w.is, w.lang = small, german // "'ne Kopie", not the French one
		}
		if w.word == "stp" && i+1 < len(words) && words[i+1].known != nil && words[i+1].known.lang&german != 0 {
			w.word, w.known = "stop", lexicon["stop"] // not the French courtesy
			w.is, w.lang = w.known.is, w.known.lang
		}
		if w.is == 0 && i > 0 && w.word[0] <= '9' && cites[words[i-1].word] {
			w.is = small
			if articles[w.word] {
				w.is |= law
			}
		}
		out = append(out, w)
	}
	except.apply(out)
	farewells(out)
	return out
}

// articles are those of the GDPR by which people ask, cites what stands before.
var (
	articles = set("7 15 17 21")
	cites    = set("art artikel article absatz abs paragraph artículo articolo artigo")
)

// What leads to a phone, and which: "auf dieses Handy", "to my phone".
var (
	onto   = set("an auf ans aufs zu to on onto for per")
	hers   = set("mein meine meinem meiner unser dieses diesem das dem my our this the privates privaten")
	phones = set("handy telefon smartphone mobiltelefon phone mobile cell cellphone smartphones handys iphone")
)

// devices makes such words one that means her.
func devices(words []token) []token {
	for i := 1; i < len(words); i++ {
		if !phones[words[i].word] || words[i].is&goods != 0 {
			continue
		}
		begin := i
		for begin > 0 && i-begin < 3 && hers[words[begin-1].word] && words[begin-1].after == space {
			begin--
		}
		if begin > 0 && onto[words[begin-1].word] {
			w := words[i]
			w.is = me | small
			words[begin-1] = w
			words = append(words[:begin], words[i+1:]...)
			i = begin
		}
	}
	return words
}

// farewells ends a sentence before a farewell with a name.
func farewells(words []token) {
	for i := max(1, len(words)-6); i < len(words); i++ {
		if words[i].is&farewell != 0 {
			words[i-1].after = max(words[i-1].after, line)
			for j := i; j < len(words)-1; j++ {
				words[j].after = min(words[j].after, soft)
			}
			return
		}
	}
}

// together finds words that count as one, the longest first.
func together(words []token) (int, *entry) {
	first := words[0].known
	if first == nil || first.longest == 0 || len(words) < 2 || first.second&initial(words[1].word) == 0 {
		return 0, nil
	}
	var buffer [96]byte
	said := append(buffer[:0], words[0].word...)
	best, found := 0, (*entry)(nil)
	for n := 1; n < min(first.longest, len(words)) && words[n-1].after < hard; n++ {
		said = append(append(said, ' '), words[n].word...)
		if e := joined[string(said)]; e != nil {
			best, found = n+1, e
		}
	}
	if found == nil && first.longest > 2 {
		return loosely(words, first)
	}
	return best, found
}

// fillers stand anywhere in what people say and change nothing: "ist jetzt aber
// mal Schluss".
var fillers = set("aber mal doch jetzt halt echt wirklich langsam eh nun denn eigentlich einfach auch so schon total richtig gerade bitte sowas really just so now already honestly")

// loosely finds words of annoyance that count as one with fillers between them.
func loosely(words []token, first *entry) (int, *entry) {
	var buffer [96]byte
	said := append(buffer[:0], words[0].word...)
	left := 0
	for n := 1; n < min(first.longest+2, len(words)) && words[n-1].after < soft; n++ {
		if fillers[words[n].word] {
			left++
			continue
		}
		said = append(append(said, ' '), words[n].word...)
		if e := joined[string(said)]; e != nil && e.is&weary != 0 && left > 0 {
			return n + 1, e
		}
	}
	return 0, nil
}

// compound is the class of a word by its parts.
func compound(word string) class {
	if len(word) < 7 || unlike[word] {
		return 0
	}
	if is := parted[word]; is != 0 {
		return is
	}
	is := class(0)
	for _, list := range [2][]ending{beginning[word[0]], ended[lastOf(word)]} {
		for _, e := range list {
			if strings.HasPrefix(word, e.prefix) && strings.HasSuffix(word, e.suffix) {
				is |= e.is
			}
		}
	}
	if is == 0 {
		is = inflected(word)
	}
	return is
}

// inflected is the class of a noun by the form that the lists have.
func inflected(word string) class {
	const nouns = advert | offer | bargain | message | list | archive
	for _, ending := range [...]string{"en", "n", "s", "e"} {
		if stem, cut := strings.CutSuffix(word, ending); cut {
			if e := lexicon[stem]; e != nil && e.is&nouns != 0 && e.is&^(nouns|small) == 0 {
				return e.is
			}
		}
	}
	return 0
}
