package keyword

// bars are lists on which somebody stands who is not to be written to.
var bars = []string{"werbesperrliste", "sperrliste", "sperrlisten", "sperrdatei", "robinsonliste", "blacklist", "suppression list", "do not contact", "do not call"}

// barred: somebody wants to stand on such a list.
func barred(c *clause) finding {
	if !c.named(bars...) || c.asks || c.tells() || c.any(told|no|not|goods|others) || c.alien > 3 {
		return finding{}
	}
	if c.any(advert|list) && (c.named("werbesperrliste", "robinsonliste") || c.any(advert)) && c.any(me|mine|polite|wish) {
		return c.doubtful(finding{Marketing, sure})
	}
	return unclear()
}

// advertising: GDPR Art. 21(2), UWG §7.
func advertising(c *clause) finding {
	if f := barred(c); f.means != None {
		return f
	}
	if !c.any(advert | offer) {
		return finding{}
	}
	if c.any(begin) || c.any(goods) && c.named("aufkleber", "briefkasten", "schild", "mailbox", "letterbox", "sticker") || c.named("miss", "verpassen", "versaeumen", "entgehen", "verlieren", "lose") {
		return finding{}
	}
	if c.any(others) && c.named("bekommt", "erhaelt", "kriegt", "gets", "receives", "vermisst") && !c.any(polite) {
		return finding{}
	}
	never := c.any(no|not|nothing) || c.any(nay) && !(c.words[0].is&nay != 0 && c.words[0].after == soft && c.any(wish|get))
	ends := c.any(stop|unsub) || c.any(quit) && !c.merelyFrom() || c.named("raus", "weg") || c.named("verboten") && c.alien == 0 && !c.asks || c.named("off", "out") && c.any(me) && !c.any(get&^pull) || c.any(pull) && c.takesFrom()
	plainly := c.any(advert) && c.alien <= 12 || c.alien == 0 || c.any(more) && c.any(me) && c.any(wish|reach) && c.alien <= 1
	switch {
	case c.neither() && c.any(message|reach|get) && !c.asks && !c.any(goods&^advert) && !c.tells():
		return c.doubtful(finding{Stop, sure})
	case (c.any(advert) || c.any(bargain)) && c.undesired():
		return c.doubtful(finding{Marketing, sure})
	case c.any(advert) && (c.named("weg", "entfallen", "go") && c.named("kann", "darf", "muss", "soll", "can", "must", "has to") || c.named("kann weg")) && c.alien == 0 && !c.asks && !never:
		return c.doubtful(finding{Marketing, sure}) // "Der Newsletter kann weg"
	case c.any(advert) && c.any(weary) && c.any(no|not) && c.any(wish) && !c.asks && c.alien == 0 && !c.any(told|goods|others),
		c.any(advert) && c.named("interessiert mich nicht", "interessieren mich nicht", "keine lust auf", "kein bock") && !c.asks && c.alien == 0 && !c.any(goods|others):
		return c.doubtful(finding{Marketing, sure}) // "Ich hab keine Lust auf Werbung"
	case c.any(advert) && c.spares():
		return c.doubtful(finding{Marketing, sure})
	case c.any(advert) && c.any(not) && c.any(me|channel) && c.courteous() && c.alien == 0 && len(c.words) <= 7 && !c.any(wish|told|goods|begin|reach|get) && !c.asks:
		return c.doubtful(finding{Marketing, sure}) // "Werbung bitte nicht über diese Nummer"
	case c.any(advert) && c.any(not) && c.any(channel) && c.named("nur", "only") && c.alien <= 1 && !c.asks && !c.any(told|goods|begin):
		return c.doubtful(finding{Marketing, sure}) // "Werbung nur noch per Post, nicht über WhatsApp"
	case c.any(bargain) && c.words[0].is&not != 0 && c.beside(not, bargain) && c.alien == 0 && len(c.words) <= 4 && !c.any(wish|told|goods) && !c.asks:
		return c.doubtful(finding{Marketing, sure}) // "…, nicht über Angebote"
	case c.any(advert) && c.any(erase) && c.only(advert|erase|polite|wish|you) && !c.asks:
		return c.doubtful(finding{Marketing, sure}) // "Newsletter bitte löschen"
	case c.any(advert|bargain) && c.ended("nicht", "not") && c.alien == 0 && len(c.words) <= 3 && !c.any(wish|told|goods) && !c.asks:
		return c.doubtful(finding{Marketing, sure}) // "…, Angebote nicht"
	case c.any(advert) && (c.beside(not, advert) || c.ended("nicht", "not")) && c.alien == 0 && !c.any(wish|told|goods) && !c.asks && len(c.words) <= 6:
		return c.doubtful(finding{Marketing, sure})
	case never && c.any(often) && !c.open() && !c.tells():
		return unclear()
	case c.any(advert) && c.beside(no, advert) && c.ofSomething() && !c.any(me|you|more|polite|channel|this|reach|get):
		return finding{} // "Keine Werbung im Kindergarten"
	case c.any(advert) && c.beside(no, advert) && !c.both() && !c.open() && !c.yesOrNo() && !c.tells():
		return c.doubtful(finding{Marketing, sure})
	case c.any(more) && c.both() && !c.tells():
		return c.doubtful(finding{Stop, sure}) // "keine Nachrichten und keine Werbung"
	case c.open() || c.opened&why != 0:
		if never && c.any(more|get) && !c.any(weary) || !c.any(advert) && !c.any(tired|weary|unsub) || c.opened&(when|what) != 0 && !c.any(tired|weary) || !c.any(advert) && c.alien > 1 {
			return finding{}
		}
		if c.opened&why != 0 && c.any(me) || c.any(tired|weary) || ends && c.alien == 0 {
			return unclear()
		}
		return finding{}
	case c.any(advert) && c.any(stop|unsub) && !never && !c.tells() && !c.yesOrNo() && c.alien <= 4,
		ends && !never && plainly && !c.tells() && !c.yesOrNo() && (c.any(advert) || !c.any(pull)):
		return c.doubtful(finding{Marketing, sure})
	case ends && c.denies():
		return finding{}
	case c.tells() && !c.any(weary|tired) && !(c.any(advert) && ends):
		return finding{}
	case c.yesOrNo() && !ends:
		if c.any(weary) || c.any(tired) && c.any(advert) {
			return unclear()
		}
		return finding{}
	case never && plainly && !c.yesOrNo() && !c.tells() && !c.any(goods&^advert) && (c.any(wish|get|reach|more|polite|nay|bother) || c.alien == 0 && c.any(no|nothing|nay)):
		if !c.any(advert) && c.any(not) && !c.any(more|nothing) && !(c.any(reach) && c.any(me)) && !c.any(bargain) {
			return unclear()
		}
		return c.doubtful(finding{Marketing, sure})
	case c.any(advert) && (c.any(weary|tired|bother) || never && c.any(no) && !c.tells() || ends):
		return unclear()
	case c.any(offer) && c.any(weary):
		return unclear()
	}
	return finding{}
}

// both reports whether messages are to end, and advertising is named beside
// them: "keine Nachrichten und keine Werbung", not "keine Nachrichten mit
// Werbung".
func (c *clause) both() bool {
	return c.any(advert|offer) && c.any(no|not) && c.beside(no, message) && (!c.beside(message, advert|offer) || c.named("und", "oder", "noch", "or", "and", "nor"))
}

// spares reports whether her number or her data are not to be used.
func (c *clause) spares() bool {
	return c.any(not) && c.any(mine) && c.any(data|handle) && c.named("benutzen", "verwenden", "nutzen", "benutzt", "verwendet", "nutzt", "use") && c.alien <= 1 && !c.any(goods) && !c.tells() && !c.asks
}

// takesFrom reports whether she is to be taken out of something, not into it, and
// no offer is taken.
func (c *clause) takesFrom() bool {
	if c.any(erase) || c.named("raus", "heraus", "aus", "ab", "von", "vom", "off", "out", "from") {
		return (c.any(erase) || c.named("mich", "uns", "me", "us", "meine", "my", "unsere", "our")) && !c.named("auf", "bestelle", "bestellen")
	}
	return c.named("streichen", "streicht", "streiche", "streich", "kuendigen", "kuendige", "kuendigt", "cancel", "drop", "cut", "scratch", "strike", "verlassen", "leave") ||
		c.named("kuendigung") && c.only(advert|pull|wish|me|mine|polite)
}

// merelyFrom reports whether what could end something is only "aus" as in "aus
// dem Newsletter", or "off" as in "20% off".
func (c *clause) merelyFrom() bool {
	from := false
	for i, w := range c.words {
		if w.is&quit == 0 {
			continue
		}
		if w.word == "off" && i > 0 && (c.words[i-1].word == "half" || lastOf(c.words[i-1].word) <= '9') {
			from = true
			continue
		}
		last := i == len(c.words)-1 || i == len(c.words)-2 && c.words[i+1].courteous()
		if w.word != "aus" && w.word != "off" || last || c.any(pull) && w.word == "off" {
			return false
		}
		from = true
	}
	return from
}

// neither reports whether advertising is only one of two things that are to end:
// "weder Werbung noch sonst etwas".
func (c *clause) neither() bool {
	if !c.named("weder", "neither") {
		return false
	}
	for i, w := range c.words {
		if w.word != "noch" && w.word != "nor" && w.word != "or" {
			continue
		}
		for _, then := range c.words[i+1:] {
			if then.is&(advert|offer) != 0 {
				return false
			}
		}
		return i+1 < len(c.words)
	}
	return false
}
