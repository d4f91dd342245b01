package keyword

import (
	"strings"

	"einklang/internal/rule/pii"
)

// clause is a sentence, or a part of one, and what its words are.
type clause struct {
	pii.Personal
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
		if w.word == "kind" && i > 0 && (words[i-1].word == "any" || words[i-1].word == "some" || words[i-1].word == "what") {
			w.is = small // no child
		}
		if w.word == "anything" && c.has&(not|no) == 0 {
			w.is = small // "delete anything you have"
		}
		if w.word == "have" && c.opened == 0 && !c.asks && words[len(words)-1].after != inquiry {
			w.is &^= told // "please have my data erased"
		}
		if w.word == "wollte" && i <= 1 && (i > 0 && words[0].word == "ich" || i+1 < len(words) && words[i+1].word == "ich") && kindly(words[i:]) {
			w.is = wish // "ich wollte mich abmelden"
		}
		if w.is&told != 0 && strings.HasPrefix(words[len(words)-1].word, "zu ") {
			w.is &^= told // "ist zu unterlassen"
		}
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
		if apart && w.is&reach != 0 {
			w.is &^= reach // "melden Sie sich ab"
		}
		if !apart && (w.is == 0 && !number(w.word) || w.is == goods || w.is == others) {
			c.alien++
		}
		c.has |= w.is
		if c.opened == 0 && w.is&^small != 0 && w.is&greeting == 0 || i == len(words)-1 && c.opened == 0 {
			c.opened = w.is
		}
	}
	if n := len(words); c.asks && n > 1 && (tags[words[n-1].word] || words[0].word == "dass" && c.has&wish != 0) {
		c.asks = false // "keine Nachrichten mehr, ja?"
	}
	return c
}

// number reports whether a word is one of digits: "14".
func number(word string) bool { return strings.Trim(word, "0123456789") == "" }

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

// kindly reports whether behind "ich wollte" stands a wish, and nothing that has
// been or failed.
func kindly(words []token) bool {
	wishes := false
	for _, w := range words[1:] {
		switch {
		case w.is&(told|not|no|nothing|done) != 0 && w.is&small == 0 || w.word == "aber" || w.word == "schon" || w.word == "doch":
			return false
		case w.is&(unsub|erase|stop|report) != 0:
			wishes = true
		}
	}
	return wishes
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
		{"lehne lehnen", "ab", object}, {"hebe heben", "auf", back}, {"tragen trage tragt trag", "aus", unsub}, {"tragen trage tragt trag", "ein", begin}, {"stellen stelle stellt stell", "ein", quit}, {"stellen stelle stellt stell", "ab", quit},
		{"trete treten tritt steige steigen", "aus", small}, {"sehen sehe seht", "ab", quit}, {"hoeren hoert hoer", "auf", quit}, {"schalten schaltet schalte", "ab", quit}, {"schalten schaltet schalte", "aus", quit},
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

// pleading begins what is asked for, behind what is told: "ich bin umgezogen bitte
// keine Nachrichten mehr".
var pleading = set("bitte please")

// joins begin another part before a word for the writer: "und ich".
var joins = set("und and")

// parts takes a sentence apart at commas and dashes.
func parts(words []token) (all [][]token) {
	begin := 0
	for i, w := range words {
		if w.after >= soft || i == len(words)-1 || i > begin && (i > begin+3 && i+2 < len(words) && pleading[words[i+1].word] && w.is&(me|wish|no|not) == 0 || turns[words[i+1].word] && w.is&(me|wish|told) == 0 || i+2 < len(words) && joins[words[i+1].word] && words[i+2].is&me != 0) {
			all = append(all, words[begin:i+1])
			begin = i + 1
		}
	}
	return all
}

var abbreviated = set("gem art abs nr z b bzgl ggf evtl inkl tel hr fr dr st u a lit i v m d h bzw usw newsl m s p plz no co")
