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
		c.has |= w.is
		c.lang |= w.lang
		c.asks = c.asks || w.after == inquiry
		switch {
		case w.is == 0, w.is == goods, w.is == others, w.is == when:
			c.alien++
		}
		if w.is&no != 0 {
			c.count[0]++
		}
		if w.is&message != 0 {
			c.count[1]++
		}
		if c.opened == 0 && w.is&^small != 0 && w.is&greeting == 0 || i == len(words)-1 && c.opened == 0 {
			c.opened = w.is
		}
	}
	return c
}

func (c *clause) any(of class) bool { return c.has&of != 0 }

// all reports whether each of several classes occurs.
func (c *clause) all(of ...class) bool {
	for _, one := range of {
		if c.has&one == 0 {
			return false
		}
	}
	return true
}

// only reports whether each word is of one of some classes.
func (c *clause) only(of class) bool {
	for _, w := range c.words {
		if w.is&(of|small) == 0 {
			return false
		}
	}
	return len(c.words) > 0
}

// follow reports whether a word of one class stands before a word of another.
func (c *clause) follow(first, then class) bool {
	seen := false
	for _, w := range c.words {
		if seen && w.is&then != 0 {
			return true
		}
		seen = seen || w.is&first != 0
	}
	return false
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
	found := false
	out := words[:0]
	for i := 0; i < len(words); i++ {
		if n, e := together(words[i:]); n > 0 {
			w := words[i]
			w.is, w.lang, w.after = e.is, e.lang, words[i+n-1].after
			w.loud = false
			out, found = append(out, w), true
			i += n - 1
			continue
		}
		w := words[i]
		e, known := lexicon[w.word]
		if !known {
			e.is = compound(w.word)
		}
		w.is, w.lang = e.is, e.lang
		if except.holds(w.word) {
			w.is, w.lang = 0, 0
		}
		found = found || w.is&^(small|you|me) != 0
		out = append(out, w)
	}
	if short {
		for i := range out {
			if out[i].is == 0 && !except.holds(out[i].word) {
				e := misspelt(out[i].word)
				out[i].is, out[i].lang = e.is, e.lang
			}
		}
	}
	return out
}

// together finds words that count as one, the longest first.
func together(words []token) (int, entry) {
	if _, begins := joined[words[0].word+" "]; !begins {
		return 0, entry{}
	}
	for n := min(4, len(words)); n > 1; n-- {
		parts := make([]string, n)
		for i, w := range words[:n] {
			parts[i] = w.word
			if i < n-1 && w.after >= hard {
				parts = nil
				break
			}
		}
		if e, is := joined[strings.Join(parts, " ")]; is && parts != nil {
			return n, e
		}
	}
	return 0, entry{}
}

// compound is the class of a word by its parts.
func compound(word string) class {
	if len(word) < 7 || unlike[word] {
		return 0
	}
	for _, e := range endings {
		if strings.HasPrefix(word, e.prefix) && strings.HasSuffix(word, e.suffix) {
			return e.is
		}
	}
	return 0
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

// parts takes a sentence apart at commas and dashes.
func parts(words []token) (all [][]token) {
	begin := 0
	for i, w := range words {
		if w.after >= soft || i == len(words)-1 {
			all = append(all, words[begin:i+1])
			begin = i + 1
		}
	}
	return all
}

var abbreviated = set("art abs nr z b bzgl ggf evtl inkl tel hr fr dr st u a lit i v m d h bzw usw m s p plz no co")
