package keyword

// wonders reports whether the writer asks whether she could do something
// herself: "kann man das ausschalten?", not "kann ich bitte abgemeldet werden?".
func (c *clause) wonders() bool {
	if !c.asks || c.opened&polite == 0 || c.named("bitte", "please", "pls", "plz") {
		return false
	}
	for i, w := range c.words[:min(4, len(c.words)-1)] {
		if w.is&polite != 0 {
			next := c.words[i+1].word
			return next == "man" || next == "ich" || next == "i" || next == "we" || next == "wir" || next == "one"
		}
	}
	return false
}

// doubting is what smells of a withdrawal though no word asks for one: where the
// number is from, whether this is allowed, that nobody ordered it, that it is too
// much, what a STOP would do.
func doubting(c *clause) finding {
	if c.any(source) && c.any(tired|often) && c.any(gets) && c.any(me) && !c.any(no|nothing|glad) && c.alien <= 4 {
		return unclear()
	}
	if c.named("weniger nachrichten", "fewer messages", "weniger") && c.named("waere", "waeren", "would be") && c.alien <= 2 && !c.any(goods) {
		return unclear() // "weniger Nachrichten wäre schön"
	}
	if (c.any(others) || c.named("dad", "mum", "mom")) && (c.any(not) || c.named("doesn")) && c.any(more) && (c.any(wish) || c.named("want", "moechte", "will")) && c.alien <= 3 && !c.any(goods|told) {
		return unclear() // "Meine Mutter möchte das nicht mehr"
	}
	if c.any(goods | others | glad) {
		return finding{}
	}
	ours := c.any(message | advert | source)
	for _, one := range []func(c *clause, ours bool) bool{questioned, unordered, tooMuch, attempted, threatened} {
		if one(c, ours) {
			return unclear()
		}
	}
	return finding{}
}

// belonging are words for whom one writes to, as she was one once.
var belonging = []string{"kunde", "kundin", "kunden", "kundinnen", "mitglied", "mitglieder", "patient", "patientin", "mieter", "mieterin", "abonnent", "verein", "schule", "member", "members", "customer", "customers", "client", "patient", "tenant"}

// questioned: whether we may write, since when, and from whom the number is.
func questioned(c *clause, ours bool) bool {
	hers := c.any(me) && c.any(reach|gets|get|bother)
	switch {
	case c.asks && c.any(joinedUp|done) && c.any(me) && !c.any(not|no|you) && !c.any(polite|wish) && c.named("wann", "wo", "when", "where", "irgendwo", "somewhere"):
		return c.alien <= 1
	case c.asks && c.opened&how != 0 && c.any(unsub) && c.alien <= 1 && !c.any(others):
		return true // "Wo ist der Button zum Abmelden?"
	case (c.opened&how != 0 || c.named("way")) && c.any(me|this|list|get) && c.named("raus", "out", "heraus") && c.alien <= 1:
		return c.alien == 0 || c.named("komme", "komm", "kommt")
	case c.opened&how != 0 && c.any(me) && (c.any(list) || c.any(source)) && c.named("raus", "weg", "aus", "off", "out", "heraus"):
		return c.alien <= 1
	case c.asks && c.any(me) && c.any(joinedUp|agree) && !c.any(not|no|you) && c.named("ueberhaupt", "je", "jemals", "ever", "zugestimmt", "eingewilligt", "agree", "consent"):
		return c.alien <= 1
	case c.any(lawful) && !c.any(data) && (ours || hers || c.any(this) && c.alien == 0) && c.alien <= 2:
		return c.asks || c.any(not|no) || c.open()
	case c.asks && c.opened&wish != 0 && c.any(tired|often) && (c.any(you) && c.any(reach) && c.any(me) || c.any(this)):
		return c.alien <= 1
	case c.asks && c.opened&wish != 0 && c.any(you) && c.any(reach) && c.any(me) && c.named("ueberhaupt", "eigentlich", "einfach"):
		return c.alien == 0
	case c.asks && c.any(no|not) && c.any(more) && c.any(message|advert) && (c.words[0].word == "um" || c.opened&how != 0 && c.any(me)):
		return c.alien <= 1 // "Was muss ich tun, um keine … mehr zu bekommen?"
	case c.any(list) && c.any(me) && c.named("gelandet", "geraten", "reingeraten", "irrtuemlich", "versehentlich", "mistake") && !c.any(goods):
		return c.alien <= 3
	case c.any(bother) && c.any(me) && ours && !c.any(told&^bother):
		return c.alien <= 3
	case c.asks && c.alien == 0 && (c.follow("muss das") || c.words[0].word == "muessen" && c.any(this|tired)) && c.ended("sein"):
		return true
	case c.any(consent) && (c.asks && c.any(you) && (c.any(reach) || c.any(mine|me)) && !c.any(wish|goods) || c.any(not) && c.any(me) && c.named("gegeben", "erteilt", "gave", "given", "give")):
		return c.alien <= 2
	case c.opened&how != 0 && c.any(me) && c.named("gelandet", "reingeraten", "geraten", "gekommen", "reingekommen", "drauf", "end", "ended") && (c.any(list|this|channel) || c.named("hier", "da", "here")):
		return c.alien <= 2
	case c.any(mine) && c.any(handle) && c.named("gegeben", "hergegeben", "rausgegeben", "gave", "give", "given") && (c.any(not) || c.named("nur", "only")) && !c.asks:
		return c.alien <= 2
	case c.any(no | not | nothing):
		return false
	case c.opened&why != 0 && (c.any(me) || c.lang&foreign != 0) && (c.any(joinedUp) || c.any(gets|get) && (ours || c.any(this))):
		return c.alien <= 1
	}
	return c.any(mistaken) && c.alien <= 2 && !(c.any(told) && c.opened&me != 0 && c.named("angegeben", "geschickt", "gegeben", "notiert", "gewaehlt", "eingegeben"))
}

// unordered: that nobody asked for it, or needs it.
func unordered(c *clause, ours bool) bool {
	switch {
	case c.named("bestellt", "gebeten", "order", "ordered") && c.any(not) && c.any(me) && (ours || c.any(this) || c.named("nie", "darum")):
		return c.alien == 0 && !c.named("noch")
	case c.any(joinedUp) && c.any(not) && c.any(me) && !c.any(data) && (ours || c.any(this) || c.named("nie", "darum")):
		return c.alien <= 2 && !c.named("noch")
	case c.asks && c.named("ohne", "without") && c.any(message|advert):
		return c.alien <= 1
	case c.any(no|not|nothing) && c.any(more) && c.any(me) && c.any(get|reach|message) && c.named("wollte", "wanted", "dachte", "thought"):
		return c.alien <= 1
	}
	return c.any(not) && c.any(more) && c.named("wert") && ours
}

// tooMuch: too often, at the wrong time, too loud; less of it would do.
func tooMuch(c *clause, ours bool) bool {
	never := c.any(no | not | nothing)
	switch {
	case c.asks && c.opened&polite == 0 && c.any(often) && c.any(reach) && c.any(me) && c.any(you) && !never && !c.any(told):
		return c.alien <= 1
	case c.any(gets) && c.any(this) && c.any(tired|often) && c.any(me) && !never && c.alien == 0:
		return true
	case c.any(noise) && ours:
		return c.alien <= 4
	case c.named("nur", "only") && c.named("notfall", "wichtig", "wichtiges", "wichtige", "wichtigen", "wichtigste", "noetigste", "dringend", "urgent", "important", "necessary", "essential") && (c.any(reach|message) || c.alien <= 1) && !c.any(get):
		return c.alien <= 2
	case c.any(not) && c.named("nachts", "abends", "sonntags", "wochenende", "night", "nights", "weekends") && c.alien == 0 && len(c.words) <= 6 && !c.any(told|me):
		return true
	case c.any(not) && c.any(reach) && c.named("uhr") && !c.any(told):
		return true
	case c.any(pause) && (ours || c.any(me) && c.any(wish|more) || c.asks && c.any(this)):
		return c.alien <= 2
	case c.any(less) && (ours || c.any(this)) && !c.any(data):
		return c.alien <= 2
	case c.named("zu viel", "zuviel", "too much") && c.any(me|this) && c.alien == 0 && !never:
		return true
	case c.any(message) && c.named("zweite", "dritte", "vierte", "fuenfte", "sechste", "second", "third", "fourth", "fifth", "sixth") && !c.any(get|list) && !never:
		return c.alien <= 3
	case c.only(tired|small|more) && c.named("schon wieder", "wieder", "again") && len(c.words) <= 3:
		return true
	case c.any(often) && c.any(not) && c.any(more) && c.alien <= 1 && !c.any(told):
		return true
	case c.asks && c.only(often) && c.any(often):
		return true
	case c.any(often) && c.any(not) && c.any(reach):
		return c.alien == 0
	case c.asks && c.opened&polite == 0 && c.any(gets) && c.any(tired|often) && (ours || c.any(this)) && !never:
		return c.alien <= 1
	case c.any(tired|often) && c.any(gets) && !never && c.named("etwas", "was", "sowas", "zeug", "so etwas") && c.alien == 0:
		return true
	case c.any(tired) && c.any(source) && !never && !c.any(data):
		return c.alien <= 2
	case c.any(bother) && !c.any(told):
		return c.alien == 0
	}
	return c.any(you) && c.only(you|not|more|nay|tired|small) && c.named("wieder", "schon wieder", "again") && !c.any(reach|get|message) && len(c.words) <= 6
}

// attempted: that she tried to leave, said so before, or wonders what happens if
// she does.
func attempted(c *clause, _ bool) bool {
	leaves := c.any(stop | unsub | quit)
	switch {
	case c.asks && c.opened&polite != 0 && c.any(this) && c.named("stopped", "abgestellt", "gestoppt", "beendet", "turned off") && c.alien == 0:
		return true
	case c.any(me) && c.any(told) && c.named("gesagt", "said", "told", "geschrieben") && c.named("schon", "already", "doch", "mehrfach") && (c.any(nothing|not) && c.any(wish) || c.any(no|nay)):
		return c.alien <= 1
	case !leaves && !c.any(done):
		return false
	case c.any(unsub) && c.named("doesn t work", "does not work", "doesnt work", "not working", "broken", "kaputt"),
		c.any(unsub) && c.any(not) && c.named("finde", "find") && !c.any(goods),
		c.any(unsub) && c.asks && c.any(me) && c.any(told) && c.words[0].is&told != 0,
		c.any(stop|unsub) && c.any(me) && c.named("said", "wrote", "typed", "replied", "schrieb", "geantwortet", "sagte") && !c.any(goods|others):
		return c.alien <= 2
	case c.any(stop|unsub) && c.any(not) && c.opened&why != 0 && c.named("funktioniert", "klappt", "geht", "work", "working"):
		return c.alien <= 1
	case c.any(unsub) && c.any(not) && c.named("klappt", "geklappt", "klappte", "funktioniert", "geht", "ging", "work", "works", "working"):
		return c.alien <= 2
	case leaves && c.any(you) && !c.any(handle) && c.named("asked", "gebeten", "gesagt", "told", "sagte", "bat"):
		return c.alien <= 2
	case leaves && c.any(told) && c.any(me) && c.named("wollte", "versucht", "versuchte", "tried", "wanted"):
		return c.alien <= 2
	}
	return c.any(stop|unsub) && c.any(suppose) && c.any(me) && c.alien <= 4
}

// threatened: what the next message would bring.
func threatened(c *clause, _ bool) bool {
	switch {
	case c.any(source) && c.any(me) && c.named("erledigt", "fertig", "durch", "done", "through"):
		return c.alien <= 2
	case c.any(message) && c.any(told):
		return false
	}
	return c.any(message) && c.follows("noch", "naechste", "one more", "another", "next") && (c.named("und", "and", "dann", "or") || c.any(not)) && c.alien <= 3
}

// follows reports whether a message comes behind one of some words.
func (c *clause) follows(words ...string) bool {
	for i, w := range c.words {
		for _, one := range words {
			if w.word != one {
				continue
			}
			for _, next := range c.words[i+1 : min(len(c.words), i+4)] {
				if next.is&message != 0 {
					return true
				}
			}
		}
	}
	return false
}

// estranged is who is none of those any more for whom one writes: "Wir sind keine
// Kunden mehr", "Die Nummer gehört nicht mehr Frau Meier".
func estranged(c *clause) finding {
	const acts = reach | get | message | advert | erase | wish | unsub | stop
	if !c.any(no|not) || c.any(acts) || c.named("noch", "yet") || c.asks && !c.any(told) {
		return finding{}
	}
	being := c.named("bin", "sind", "ist", "war", "waren", "am", "m", "are", "is", "was")
	switch {
	case being && (c.any(more) || c.named("doch", "gar", "actually")) && (c.any(me|mine|others) || c.lang&english != 0) && (c.named(belonging...) || c.follow("bei euch", "bei ihnen", "with you", "at your")) && c.alien <= 1,
		c.any(more) && c.named("nummer", "handynummer", "telefonnummer", "number") && (being || c.named("gehoert", "belongs")) && !c.any(mine) && c.alien <= 3:
		return unclear()
	}
	return finding{}
}
