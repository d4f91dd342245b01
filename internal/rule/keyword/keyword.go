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
	Object    Meaning = "object"    // GDPR Art. 21(1), and with it Art. 21(2): advertising ends, the rest is weighed
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

// With is what two things say that are said at once, in whichever order: she gets
// each right that she asks for and ends the most that one of them ends. What begins
// something again counts only where nothing else is said.
func (s Said) With(other Said) Said {
	if other.Meaning == None {
		return s
	}
	if s.Meaning == None {
		return other
	}
	right := stronger(s.Meaning.right(), other.Meaning.right())
	ends := stronger(stronger(s.Meaning.ends(), s.Also.ends()), stronger(other.Meaning.ends(), other.Also.ends()))
	var both Said
	switch {
	case right != None:
		both = Said{Meaning: right, Also: ends}
	case ends != None:
		both = Said{Meaning: ends}
	case s.Meaning == Ask || other.Meaning == Ask:
		both = Said{Meaning: Ask}
	default:
		both = Said{Meaning: Start}
	}
	both.Locale = s.Locale
	if s.Locale == "" || both.Meaning != s.Meaning && other.Locale != "" {
		both.Locale = other.Locale
	}
	return both
}

// right is the meaning, if it asks for what is a person's right.
func (m Meaning) right() Meaning {
	if m == Erase || m == Object || m == Access {
		return m
	}
	return None
}

// ends is the meaning, if something ends with it.
func (m Meaning) ends() Meaning {
	if m.Ends() {
		return m
	}
	return None
}

// angry are the signs that say without a word that something is too much.
const angry = "🙄😡🤬😤🖕🛑😠👎🚫✋"

// longest is how much of a message is looked at, in bytes.
const longest = 64 << 10

// Match says what a message asks for.
func (s Set) Match(message string) Meaning { return s.Hear(message).Meaning }

// Hear says what a message asks for, and in which language.
func (s Set) Hear(message string) Said {
	if len(message) > longest {
		message = message[:longest]
	}
	message = signature.ReplaceAllString(message, "")
	said := s.hear(message)
	if words := split(message); len(words) <= 16 {
		return s.amend(said, message, words)
	}
	return said
}

func (s Set) hear(message string) Said {
	words := spelled(split(message))
	if len(words) == 0 {
		if strings.ContainsAny(message, angry) {
			return Said{Meaning: Ask}
		}
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
	words = forbidden(words, message)
	words = look(words, s.exceptions())
	if !promising(words) {
		return Said{}
	}
	units := apartFrom(passive(brought(framed(devices(words)))))
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
		if has |= w.is; w.known != nil && w.known.splits {
			return true
		}
	}
	if has&(noise|lawful|mistaken|pause) != 0 || has&tired != 0 && has&(source|reach|get|gets|this) != 0 || has&source != 0 && has&me != 0 || len(words) <= 3 || len(words) <= 6 && (has&(tired|more) != 0 && has&you != 0 || has&pull != 0 && has&(me|this) != 0) {
		return true
	}
	return has&telling != 0 || has&handle != 0 && has&(mine|what) != 0 || has&how != 0 && has&pull != 0
}

// signs forbid what stands beside them.
const signs = "🛑🚫⛔"

// forbidden adds a STOP for a sign beside a word of advertising: "🚫 Werbung".
func forbidden(words []token, message string) []token {
	if !strings.ContainsAny(message, signs) || len(words) > 3 {
		return words
	}
	for _, w := range words {
		if w.known == nil || w.known.is&advert == 0 {
			return words
		}
	}
	return append(words, token{word: "stop", known: lexicon["stop"]})
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
		if !w.courteous() && (len(kept) == 0 || kept[len(kept)-1] != w.word) {
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

// courteous reports whether a word is mere courtesy.
func (t token) courteous() bool { return t.known != nil && t.known.courteous }

// courtesy are words that change nothing about what is asked.
var courtesy = set("bitte danke dankeschoen please pls thanks thx hallo hi hello sofort jetzt now umgehend")

// Same reports whether two words are one keyword. No word is the same as none.
func Same(a, b string) bool {
	word := fold(a)
	return word != "" && word == fold(b)
}
