package keyword

import (
	"slices"
	"strings"
)

// weight is how much a finding counts.
type weight uint8

const (
	light weight = iota // nothing was found
	hint                // it smells of it: a colleague has to look
	bare                // it is clear, if nothing else is said
	sure                // it is clear, whatever else is said
)

// finding is what a clause asks for.
type finding struct {
	means  Meaning
	weight weight
}

// rule finds one kind of wish.
type rule func(c *clause) finding

// rules are all of them. The first that finds something speaks for a clause.
var rules = []rule{opposition, deletion, withdrawal, objection, lastly, advertising, signingOff, messaging, writing, stopping, core, wanted, information, annoyance, doubting, starting}

func unclear() finding { return finding{Ask, hint} }

// asked reports whether the clause is a polite question: "könnten Sie …".
func (c *clause) politely() bool {
	return c.opened&polite != 0 && (c.any(you|me) || c.courteous() || c.named("ich bitte"))
}

// open reports whether the clause asks for an answer, not for an act.
func (c *clause) open() bool {
	return c.opened&(what|why|how|when) != 0 && c.opened&(wish|no|not) == 0 || c.any(when) && !c.any(wish)
}

// yesOrNo reports whether it is to be answered with yes or no.
func (c *clause) yesOrNo() bool {
	return c.asks && !c.politely() && !c.open() && (c.words[0].is&reach == 0 || c.any(you|goods|told))
}

// quotes reports whether a clause tells what stands somewhere: "Auf dem Zettel
// stand: Bitte keine Werbung".
func (c *clause) quotes() bool {
	return c.named("stand", "steht", "stood", "says", "hiess", "hing") && !c.any(me|you) && c.ofSomething()
}

// tells reports whether the clause tells what is or was.
func (c *clause) tells() bool {
	if c.quotes() {
		return true
	}
	return (c.any(told) || c.named("geschrieben", "geschickt", "gesendet", "gemeldet") && c.named("haben", "habt", "hast", "ihr habt")) && !c.any(wish) && !c.politely()
}

// follow reports whether one of some pairs of words stands in the clause.
func (c *clause) follow(pairs ...string) bool {
	for i := 1; i < len(c.words); i++ {
		for _, pair := range pairs {
			if first, then, _ := strings.Cut(pair, " "); c.words[i-1].word == first && c.words[i].word == then {
				return true
			}
		}
	}
	return false
}

// refuses reports whether it is said that an act is not to be done.
func (c *clause) refuses() bool {
	const acts = unsub | erase | stop | quit | revoke
	for i, w := range c.words {
		if w.is&acts == 0 || w.is&(small|weary) != 0 {
			continue
		}
		for j := i - 1; j >= max(0, i-2); j-- {
			if c.words[j].is&not != 0 && c.words[j].is&(wish|more|message) == 0 && (j == i-1 || c.words[j+1].is&(small|me|you|this|data) != 0) {
				return true
			}
		}
	}
	return false
}

// denies reports whether an act is not wanted: "stoppen Sie das nicht".
func (c *clause) denies() bool {
	return c.any(not) && !c.any(more|nothing)
}

// reasons are words that begin why something is wanted: "since my son left".
var reasons = set("since as because now da weil nachdem seit")

// doubtful is a clear wish under a condition or for somebody else: unclear.
func (c *clause) doubtful(f finding) finding {
	if f.means.Ends() && c.wonders() {
		return unclear()
	}
	if f.means == Erase && c.any(data) && !c.any(suppose) {
		return f // her child's data as well
	}
	if f.weight > hint && c.relates() {
		return unclear()
	}
	if f.means.Ends() && (c.regrets() || c.bearing()) {
		return finding{}
	}
	if f.weight > hint && (c.any(suppose) || c.any(others) && !(c.any(me) && reasons[c.words[0].word])) {
		return unclear()
	}
	return f
}

// relatives are whom somebody tells of, signedOff what they did.
var relatives, signedOff = set("frau mann sohn tochter mutter vater mama papa schwester bruder oma opa kollege kollegin chef chefin partner partnerin freund freundin wife husband son daughter mother father mom mum dad sister brother colleague boss friend"),
	set("abbestellt abgemeldet gekuendigt widerrufen widersprochen unsubscribed cancelled canceled")

// possessive are the words before a relative.
var possessive = set("mein meine unser unsere my our")

// relates reports whether it is told that somebody else has signed off: "Meine Frau
// hat den Newsletter abbestellt, ich möchte ihn aber".
func (c *clause) relates() bool {
	for i := 1; i+1 < len(c.words); i++ {
		if relatives[c.words[i].word] && possessive[c.words[i-1].word] {
			after := c.words[i+1:]
			return slices.ContainsFunc(after, func(w token) bool { return signedOff[w.word] }) && (after[0].word == "hat" || after[0].word == "has" || signedOff[after[0].word])
		}
	}
	return false
}

// regrets reports whether it is told that somebody signed off by mistake.
func (c *clause) regrets() bool {
	return (c.named("aus versehen", "versehentlich", "ausversehen", "by mistake", "accidentally") || c.follow("by accident")) &&
		slices.ContainsFunc(c.words, func(w token) bool { return signedOff[w.word] })
}

// bearing reports whether it is said that messages are no bother: "die Nachrichten
// stören mich nicht".
func (c *clause) bearing() bool {
	for i := 1; i+2 < len(c.words); i++ {
		if c.words[i-1].is&(message|advert) != 0 && (c.words[i].word == "stoeren" || c.words[i].word == "stoert") && c.words[i+2].is&not != 0 {
			return c.words[i+2].after != space || i+3 == len(c.words)
		}
	}
	return false
}

// every reports whether all of something is meant.
func (c *clause) every() bool {
	return c.named("alles", "allem", "alle", "aller", "allen", "saemtlicher", "saemtliche", "everything", "all", "anything", "was", "what")
}

func (c *clause) named(words ...string) bool {
	for _, w := range c.words {
		for _, one := range words {
			if w.word == one {
				return true
			}
		}
	}
	return false
}

func (c *clause) ended(words ...string) bool {
	last := c.words[len(c.words)-1].word
	for _, one := range words {
		if last == one {
			return true
		}
	}
	return false
}
