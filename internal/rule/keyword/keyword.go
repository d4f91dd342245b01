// Package keyword recognises with which words a person steers what we may do:
// STOP, STOP WERBUNG, START, DATEN, LÖSCHEN, and how people say the same.
//
// A message is taken apart into sentences, each word gets the parts that it can
// play in a wish (its classes: "keine", "mehr", advertising, messages, to send,
// …), and rules find the wish: what is to end, and whether it is wanted, told,
// asked or denied. So "Bitte stoppen Sie die Lieferung nicht" remains an ordinary
// message. What smells of a withdrawal and is not clear is [Ask].
package keyword

import "strings"

// Meaning is what a message asks for.
type Meaning string

// The meanings.
const (
	None      Meaning = ""
	Stop      Meaning = "stop"      // no more messages (GDPR Art. 7(3))
	Marketing Meaning = "marketing" // no more advertising (GDPR Art. 21(2))
	Start     Meaning = "start"     // takes a STOP back
	Access    Meaning = "access"    // GDPR Art. 15
	Erase     Meaning = "erase"     // GDPR Art. 17
	Ask       Meaning = "ask"       // unclear: advertising is held until a colleague has looked
)

// Ends reports whether advertising ends with it.
func (m Meaning) Ends() bool { return m == Stop || m == Marketing }

// Set is the standard words and those of one organisation.
type Set struct {
	Stop  []string
	Start []string
	// Except are words that are ordinary in this organisation, such as
	// "abmelden" in a school. Never STOP, see [Exceptable].
	Except []string
}

// Said is what a message says.
type Said struct {
	Meaning Meaning
	Also    Meaning // what else it ends
	Locale  string  // "de", "en": the language of the words; empty: STOP is the same in both
}

// Smells reports whether a message ends something, or may be meant to.
func (s Said) Smells() bool { return s.Meaning.Ends() || s.Also.Ends() || s.Meaning == Ask }

// longest is how much of a message is looked at, in bytes.
const longest = 64 << 10

// Match says what a message asks for.
func (s Set) Match(message string) Meaning { return s.Hear(message).Meaning }

// Hear says what a message asks for, and in which language.
func (s Set) Hear(message string) Said {
	if len(message) > longest {
		message = message[:longest]
	}
	words := spelled(split(message))
	if len(words) == 0 {
		return Said{}
	}
	if len(words) <= 24 {
		for _, written := range []string{joinedWords(words), essence(words)} {
			if button := buttons[written]; button.means != None {
				return Said{Meaning: button.means, Locale: button.locale}
			}
		}
	}
	if m := s.own(words); m != None {
		return Said{Meaning: m}
	}
	words = look(words, s.exceptions())
	if !promising(words) {
		return Said{}
	}
	units := apartFrom(words)
	said := decide(units)
	said.Locale = localeOf(units)
	return said
}

// promising reports whether any rule could find something: most messages hold
// nothing that one begins with.
func promising(words []token) bool {
	const telling = often | joinedUp | stop | unsub | quit | erase | consent | agree | revoke | object | weary | tired | bother | begin | report | about | law | advert | offer | message |
		list | archive | channel | done | data | no | not | nothing | why
	var has class
	for _, w := range words {
		if has |= w.is; w.is&^(pull|reach|back|quit) == 0 && separable[w.word] != nil {
			return true
		}
	}
	if has&(noise|lawful|mistaken|pause) != 0 || has&tired != 0 && has&(source|reach|get|gets|this) != 0 || has&source != 0 && has&me != 0 || len(words) <= 2 || len(words) <= 6 && has&(tired|more) != 0 && has&you != 0 {
		return true
	}
	return has&telling != 0 || has&handle != 0 && has&mine != 0 || has&how != 0 && has&pull != 0
}

// own is the meaning of an organisation's own words.
func (s Set) own(words []token) Meaning {
	if len(s.Stop)+len(s.Start) == 0 || len(words) > 24 {
		return None
	}
	plain := essence(words)
	for _, own := range s.Stop {
		if own = essence(split(own)); own != "" && own == plain {
			return Stop
		}
	}
	for _, own := range s.Start {
		if own = essence(split(own)); own != "" && own == plain {
			return Start
		}
	}
	return None
}

// essence leaves out courtesy and what is said again.
func essence(words []token) string {
	kept := make([]string, 0, len(words))
	for _, w := range words {
		if !courtesy[w.word] && (len(kept) == 0 || kept[len(kept)-1] != w.word) {
			kept = append(kept, w.word)
		}
	}
	if len(kept) == 0 {
		return joinedWords(words)
	}
	return strings.Join(kept, " ")
}

func joinedWords(words []token) string {
	if len(words) > 12 {
		return ""
	}
	if len(words) == 1 {
		return words[0].word
	}
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = w.word
	}
	return strings.Join(parts, " ")
}

// courtesy are words that change nothing about what is asked.
var courtesy = set("bitte danke dankeschoen please pls thanks thx hallo hi hello sofort jetzt now umgehend")

// Same reports whether two words are one keyword. No word is the same as none.
func Same(a, b string) bool {
	word := fold(a)
	return word != "" && word == fold(b)
}

// unit is a sentence, or a part of one, and what was found in it.
type unit struct {
	clause
	finding
	also  Meaning
	empty bool // nothing but courtesy, a greeting or a name
	begin mark // what stands before it
}

// apartFrom takes a message apart as far as that tells more.
func apartFrom(words []token) []unit {
	var all []unit
	before := line
	for _, sentence := range sentences(words) {
		whole := find(sentence)
		pieces := parts(sentence)
		whole.begin = before
		before = sentence[len(sentence)-1].after
		if len(pieces) == 1 || whole.empty || whole.weight >= bare && whole.means != Access {
			all = append(all, whole)
			continue
		}
		var found []unit
		most := light
		for i, piece := range pieces {
			u := find(piece)
			u.begin = whole.begin
			if i > 0 {
				u.begin = pieces[i-1][len(pieces[i-1])-1].after
			}
			found = append(found, u)
			most = max(most, u.weight)
		}
		if whole.any(suppose) {
			for i := range found { // "Ich überlege, mich abzumelden."
				if found[i].weight == bare && found[i].means.Ends() {
					found[i].finding = unclear()
				}
			}
		}
		found, most = bridge(pieces, sentence, found, most)
		if most >= whole.weight {
			all = append(all, found...)
			continue
		}
		all = append(all, whole)
	}
	for i := 1; i < len(all); i++ { // "Von eurer Werbung habe ich genug, bitte keine mehr schicken."
		u := &all[i]
		if u.weight <= hint && u.any(no|not|nothing) && u.any(more) && u.any(reach|get|wish) && u.alien == 0 && !u.any(message|often|goods|told) && spoken(all[:i], advert) {
			u.finding = finding{Marketing, sure}
		}
	}
	for i := 1; i < len(all); i++ { // "Werbung? Nein danke."
		if u := &all[i-1]; u.asks && u.only(advert) && u.any(advert) && all[i].any(nay) && all[i].only(nay) {
			u.finding = finding{Marketing, sure}
		}
	}
	refer(all)
	resume(all)
	return signed(all)
}

// find looks for a wish.
func find(words []token) unit {
	u := unit{clause: weigh(words)}
	for _, one := range rules {
		if u.refuses() && !u.any(weary|noise) {
			break
		}
		f := one(&u.clause)
		switch {
		case f.means == None:
		case u.means == None:
			u.finding = f
		case f.weight == sure && f.means.Ends() && u.means == Erase:
			u.also = f.means
		}
		if u.means != None && u.means != Erase {
			break
		}
	}
	c := &u.clause
	u.empty = u.means == None && (c.only(greeting|farewell|you|nay|me) ||
		c.words[0].is&(greeting|farewell) != 0 && c.alien <= 4 && !c.any(told|message|reach|erase|stop|goods|data) && len(c.words) <= 7)
	return u
}

// signed leaves out the name of the writer at the end.
func signed(all []unit) []unit {
	for i := len(all) - 1; i > 0 && i >= len(all)-2; i-- {
		u := &all[i]
		if u.means != None || u.empty {
			continue
		}
		name := u.alien <= 2 && u.alien == len(u.words)
		thanks := u.words[0].is&small != 0 && u.alien <= 2 && len(u.words) <= 4 && !u.any(goods|told)
		if (name && (u.begin >= line || all[i-1].empty)) || thanks && i == len(all)-1 && courtesy[u.words[0].word] {
			u.empty = true
		}
	}
	return all
}

// decide puts together what the units of a message say.
func decide(all []unit) Said {
	var best [sure + 1]Said
	other, stopAt := 0, -1
	for i := range all {
		u := &all[i]
		switch {
		case u.empty:
		case u.means == None:
			other++
		default:
			b := &best[u.weight]
			b.Meaning = stronger(b.Meaning, u.means)
			if u.also != None {
				b.Also = stronger(b.Also, u.also)
			}
			if u.means == Stop && u.weight == bare {
				stopAt = i
			}
		}
	}
	plain, alone, smell := best[sure], best[bare], best[hint].Meaning
	switch {
	case plain.Meaning != None:
		if stopAt >= 0 && plain.Meaning == Erase {
			plain.Also = Stop
		}
		if stopAt >= 0 && plain.Meaning.Ends() {
			plain.Meaning = Stop
		}
		return plain
	case alone.Meaning != None && (other == 0 || smell != None && alone.Meaning.Ends()):
		return alone
	case stopAt >= 0 && all[stopAt].settled():
		return Said{Meaning: Ask}
	case smell != None:
		return Said{Meaning: Ask}
	}
	return Said{}
}

// settled reports whether a STOP beside other words may be one: it stands alone
// in its line or its sentence.
func (u *unit) settled() bool {
	last := u.words[len(u.words)-1]
	return u.begin >= hard && (last.after >= line || last.after == hard && last.loud)
}

// stronger is the meaning that goes before another.
func stronger(a, b Meaning) Meaning {
	for _, m := range []Meaning{Erase, Stop, Marketing, Access, Start, Ask} {
		if a == m || b == m {
			return m
		}
	}
	return None
}

// localeOf is the language of the words that mean something.
func localeOf(all []unit) string {
	var de, en int
	for i := range all {
		for _, w := range all[i].words {
			switch {
			case w.is == 0:
			case w.lang&german != 0 && w.lang&english == 0:
				de++
			case w.lang&german == 0 && w.lang != 0:
				en++
			}
		}
	}
	switch {
	case de > en:
		return "de"
	case en > 0:
		return "en"
	}
	return ""
}
