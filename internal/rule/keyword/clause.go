package keyword

import "strings"

// clause is a sentence, or a part of one, and what its words are.
type clause struct {
	words  []token
	has    class
	lang   lang
	asks   bool // ends with a question mark
	alien  int  // how many words say something else
	count  [2]int
	opened class // of the first word that is more than courtesy
}

// weigh looks at what the words of a clause are.
func weigh(words []token) clause {
	c := clause{words: words}
	for i, w := range words {
		if pointers[w.word] && w.after == space && i+1 < len(words) && words[i+1].is == 0 {
			w.is &^= this // "das Gerät"
		}
		if w.word == "was" && c.lang&german != 0 {
			w.is &^= told // not the English one
		}
		if w.is&reach != 0 && herself[w.word] && (i > 0 && words[i-1].word == "ich" || i+1 < len(words) && words[i+1].word == "ich") {
			w.is &^= reach // "ich schreibe Ihnen morgen"
		}
		if w.is&erase != 0 && (w.word == "vergessen" || w.word == "forgotten") && having(words[:i]) {
			w.is = 0 // "hab mein Passwort vergessen"
		}
		if w.is&often != 0 && i+1 < len(words) && saying[words[i+1].word] {
			w.is = small // "schon zweimal gesagt"
		}
		if w.word == "anything" && c.has&(not|no) == 0 {
			w.is = small // "delete anything you have"
		}
		if w.word == "have" && c.opened == 0 && !c.asks && words[len(words)-1].after != inquiry {
			w.is &^= told // "please have my data erased"
		}
		c.has |= w.is
		c.lang |= w.lang
		c.asks = c.asks || w.after == inquiry
		if w.is&no != 0 {
			c.count[0]++
		}
		if w.is&message != 0 {
			c.count[1]++
		}
		apart := false
		for particle, is := range separable[w.word] {
			if later(words[i+1:], particle) {
				c.has, apart = c.has|is, true
			}
		}
		if !apart && (w.is == 0 || w.is == goods || w.is == others) {
			c.alien++
		}
		if c.opened == 0 && w.is&^small != 0 && w.is&greeting == 0 || i == len(words)-1 && c.opened == 0 {
			c.opened = w.is
		}
	}
	if n := len(words); c.asks && n > 1 && (tags[words[n-1].word] || words[0].word == "dass" && c.has&wish != 0) {
		c.asks = false // "keine Nachrichten mehr, ja?"
	}
	return c
}

// tags turn what was said into a question without asking anything.
var tags = set("ja ok okay gell gelle yeah alright")

// pointers stand alone, or before what they point at.
var pointers = set("das dies this that these those")

// having reports whether a form of to have is among some words.
func having(words []token) bool {
	for _, w := range words {
		switch w.word {
		case "habe", "hab", "haben", "habt", "hast", "hat", "hatte", "ve", "have", "had", "has":
			return true
		}
	}
	return false
}

// saying are words by which it is told that something was said before.
var saying = set("geschrieben gesagt gebeten mitgeteilt erklärt told asked said written wiederholt")

// herself are verbs of writing as a person says them of herself.
var herself = set("schreibe schicke sende melde kontaktiere schreib schick meld")

// separable are verbs of which a part stands at the end: "melden Sie mich ab".
var separable = func() map[string]map[string]class {
	all := map[string]map[string]class{}
	for _, verb := range []struct {
		forms, particle string
		is              class
	}{
		{"melden melde meldet meld", "ab", unsub}, {"melden melde meldet meld", "an", begin}, {"bestellen bestelle bestellt bestell", "ab", unsub},
		{"tragen trage tragt trag", "aus", unsub}, {"tragen trage tragt trag", "ein", begin}, {"stellen stelle stellt stell", "ein", quit}, {"stellen stelle stellt stell", "ab", quit},
		{"sehen sehe seht", "ab", quit}, {"hoeren hoert hoer", "auf", quit}, {"schalten schaltet schalte", "ab", quit}, {"schalten schaltet schalte", "aus", quit},
		{"brechen brecht", "ab", quit}, {"ziehe ziehen nehme nehmen", "zurueck", back}, {"nehmen nehmt nimm holt werft lasst lassen", "raus", pull}, {"schmeisst schmeissen werfen", "raus", pull}, {"werfen werft", "weg", erase}, {"nehmen nehmt nimm", "heraus", pull},
		{"schrijf schrijft", "uit", unsub}, {"meld", "af", unsub}, {"trek", "in", back}, {"hou houd", "op", quit},
	} {
		for _, form := range strings.Fields(verb.forms) {
			if all[form] == nil {
				all[form] = map[string]class{}
			}
			all[form][verb.particle] |= verb.is
		}
	}
	return all
}()

// later reports whether a word follows.
func later(words []token, word string) bool {
	for _, w := range words {
		if w.word == word {
			return true
		}
	}
	return false
}

func (c *clause) any(of class) bool { return c.has&of != 0 }

// only reports whether each word is of one of some classes.
func (c *clause) only(of class) bool {
	for _, w := range c.words {
		if w.is&(of|small) == 0 {
			return false
		}
	}
	return len(c.words) > 0
}

// beside reports whether words of two classes stand next to each other, small
// words aside.
func (c *clause) beside(first, then class) bool {
	before := class(0)
	for _, w := range c.words {
		if before&first != 0 && w.is&then != 0 {
			return true
		}
		if w.is&^small != 0 || w.is == 0 {
			before = w.is
		}
	}
	return false
}

// look gives the words of a message their classes.
func look(words []token, except exceptions) []token {
	short := len(words) <= 14
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
	return best, found
}

// compound is the class of a word by its parts.
func compound(word string) class {
	if len(word) < 7 || unlike[word] {
		return 0
	}
	is := class(0)
	for _, list := range [2][]ending{beginning[word[0]], ended[lastOf(word)]} {
		for _, e := range list {
			if strings.HasPrefix(word, e.prefix) && strings.HasSuffix(word, e.suffix) {
				is |= e.is
			}
		}
	}
	return is
}

// sentences takes a message apart at what ends a sentence.
func sentences(words []token) (all [][]token) {
	begin := 0
	for i, w := range words {
		if (w.after >= hard && !abbreviated[w.word]) || i == len(words)-1 {
			all = append(all, words[begin:i+1])
			begin = i + 1
		}
	}
	return all
}

// turns are words that begin another part of a sentence.
var turns = set("aber but jedoch sondern")

// joins begin another part before a word for the writer: "und ich".
var joins = set("und and")

// parts takes a sentence apart at commas and dashes.
func parts(words []token) (all [][]token) {
	begin := 0
	for i, w := range words {
		if w.after >= soft || i == len(words)-1 || i > begin && (turns[words[i+1].word] && w.is&(me|wish|told) == 0 || i+2 < len(words) && joins[words[i+1].word] && words[i+2].is&me != 0) {
			all = append(all, words[begin:i+1])
			begin = i + 1
		}
	}
	return all
}

var abbreviated = set("gem art abs nr z b bzgl ggf evtl inkl tel hr fr dr st u a lit i v m d h bzw usw newsl m s p plz no co")
