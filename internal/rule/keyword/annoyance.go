package keyword

import "strings"

// strange are questions of somebody who does not know us. They mean it only as a
// whole: "Was ist das?", not "Was ist das für ein Modell?"
var strange = func() map[string]bool {
	all := map[string]bool{}
	for _, one := range strings.Split("wer ist das|wer ist da|wer ist dort|wer da|was ist das|was ist das hier|was ist denn das|hä was ist das|wer schreibt da|who is this|whos this|who are you|what is this|who dis", "|") {
		all[fold(one)] = true
	}
	return all
}()

// annoyance: words that smell of a withdrawal and do not say what of.
func annoyance(c *clause) finding {
	switch {
	case strange[essence(c.words)],
		c.any(this) && c.named("hoert") && c.any(not) && c.ended("auf") && c.alien <= 1 && !c.any(goods|told),
		c.asks && c.named("duerfen", "duerft", "darfst") && c.any(you) && c.only(you|this|wish|polite|small) && c.any(this),
		!c.asks && c.follow("where is", "wo ist") && c.any(unsub|stop) && c.named("button", "knopf", "link") && c.alien <= 1:
		return unclear()
	case c.follow("bedarf an") && c.alien > 0 && !c.any(message|advert|source), c.follow("das so", "bitte so", "es so") && c.named("lassen", "lasst", "lass", "leave"),
		c.any(this) && c.named("hoert") && c.ended("an"):
		return finding{} // of a thing, or of how it is to be
	case c.asks && c.any(unsub) && c.opened&polite != 0 && c.named("man", "one") && c.alien == 0 && !c.named("anmelden") && !c.any(goods|others),
		c.asks && c.follow("muss das") && c.ended("sein") && c.alien <= 1 && !c.any(goods),
		c.only(pause|polite|wish) && c.any(pause), c.asks && c.any(pause) && c.any(this|message) && c.alien == 0,
		c.asks && c.named("abo", "subscription") && c.only(list|this|you|me|told|goods) && c.alien == 0,
		c.opened&how != 0 && c.named("kuendige", "kuendigen", "kuendigt") && c.any(this) && c.alien == 0,
		c.asks && c.opened&how != 0 && c.any(often) && c.any(reach) && c.any(you) && c.any(me) && c.alien == 0,
		c.any(pull) && c.any(me) && c.only(pull|me|polite|you|erase) && c.named("streich", "streicht", "streichen") && !c.asks,
		c.asks && c.any(stop|unsub) && c.named("button", "knopf", "stopbutton", "link") && c.alien == 0 && !c.any(others):
		return unclear()
	case c.asks && c.named("hoert", "hoeren", "hoerst") && c.any(you) && c.ended("auf") && c.alien == 0,
		c.any(often) && c.named("reicht", "langt", "genuegt", "enough") && c.alien == 0 && !c.any(goods),
		c.any(consent) && c.asks && c.any(you) && c.any(about) && !c.any(wish|goods) && c.alien <= 1,
		c.opened&how != 0 && c.any(message|advert) && c.ended("los") && c.alien == 0:
		return unclear()
	case c.only(small|me|wish|quit|polite) && c.named("raus", "heraus"),
		c.any(pull) && c.any(me) && c.named("off", "out", "away", "leave") && c.alien == 0 && !c.any(goods|told|not|no),
		!c.asks && len(c.words) <= 5 && c.named("genug", "enough", "ruhe", "basta", "too much", "so many", "zuviel") && c.only(tired|you|this|more|quit|not) && !c.any(glad):
		return unclear()
	case c.tells() && c.alien > 2 && !c.any(weary), c.any(goods) && !c.any(weary):
		return finding{}
	case c.alien > 0 && c.named("was soll das", "was soll das denn", "was das soll") && !c.any(message|advert|you):
		return finding{}
	case c.named("genug") && c.any(message|advert|bargain|source) && c.alien == 0 && !c.asks && !c.any(glad|goods):
		return unclear()
	case c.alien == 0 && len(c.words) <= 4 && c.follow("lass mal", "lasst mal", "nee lass", "ne lass", "noe lass"):
		return unclear()
	case c.alien == 0 && (c.named("rather not") || len(c.words) <= 5 && c.follow("leave it")):
		return unclear()
	case c.any(weary) && c.any(glad) && c.named("boah", "ugh", "argh"):
		return finding{}
	case c.any(weary) && !(c.any(suppose) && c.named("es reicht", "reicht", "mir reicht")) && (c.alien == 0 || c.alien <= 1 && !(c.any(wish) && c.any(not) && c.any(weary) && !c.any(ours)) || c.alien <= 6 && c.any(me|you|mine|message|advert|offer|source|reach|gets|channel|wish|list|bother|often|law)):
		return unclear()
	case c.any(tired) && (c.any(message|advert|reach|channel|bother) || c.strong()) && !(c.politely() && !c.any(not|no|less|quit)) && !c.open() && !c.yesOrNo() && c.alien <= 2:
		return unclear()
	case (c.opened&how != 0 || c.asks) && c.any(quit|unsub|stop) && c.any(this|message) && c.alien <= 1 && !c.any(goods|data|handle) && !(c.any(this) && c.named("einstellen", "einstelle")):
		return unclear()
	case c.opened&why != 0 && c.any(me) && c.any(list) && c.alien <= 1,
		c.asks && c.any(me) && c.any(get) && c.any(this|message|advert) && c.any(often) && c.alien <= 1,
		c.any(joinedUp) && c.any(not) && c.any(me) && c.alien <= 3 && !c.any(goods|data) && !c.named("noch") && c.opened&why == 0:
		return unclear()
	case c.asks && !c.politely():
		return finding{}
	case c.any(quit) && c.alien == 0 && !c.any(no|not|told|data|handle|offer) && c.strong() && (c.any(you|this|me) || c.named("auf", "schluss", "jetzt", "aufhoeren", "ende", "genug", "basta")):
		return unclear()
	case c.any(this) && c.any(not) && c.any(wish) && c.alien == 0 && !c.any(data|handle),
		c.any(not) && c.any(more) && c.alien == 0 && !(c.opened&more != 0 && c.opened&not == 0) && (c.any(wish) || len(c.words) <= 6) && !c.any(told|get|store|consent|data|handle|inform),
		c.any(no) && c.any(more) && c.only(no|more|you|wish|me|polite):
		return unclear()
	}
	return finding{}
}

// strong reports whether a word says by itself that something is to end.
func (c *clause) strong() bool {
	for _, w := range c.words {
		if w.is&quit != 0 && w.is&small == 0 {
			return true
		}
	}
	return false
}
