package keyword

// signingOff: to leave what one is subscribed to.
func signingOff(c *clause) finding {
	ends := Stop
	if c.any(advert) {
		ends = Marketing
	}
	switch {
	case c.any(channel|message) && c.named("kuendige", "kuendigen", "kuendigt") && c.alien == 0 && !c.asks && !c.any(told|not|no):
		return c.doubtful(finding{ends, sure})
	case (c.any(pull|erase|unsub) || c.any(wish) && c.named("raus", "out") || c.leaves()) && c.any(list) && !c.denies() && c.opened&when == 0:
		if c.ended("auf") || c.named("into", "onto", "add") || c.any(begin) || c.alien > 0 && !c.any(me|mine|handle|message|advert|channel) {
			return finding{}
		}
		if (c.any(others) || c.named("abo", "subscription") && c.alien > 0) && !c.any(advert|message|channel) {
			return finding{}
		}
		if c.tells() || c.yesOrNo() || c.open() || c.any(goods) || c.alien > 3 {
			return unclear()
		}
		return c.doubtful(finding{ends, sure})
	case c.any(pull|erase|unsub) && c.any(me) && c.any(message) && c.named("from", "off", "out", "aus", "von", "raus") && c.alien == 0 && !c.any(data|goods|told|not) && !c.asks:
		return c.doubtful(finding{ends, sure}) // "remove me from all messages"
	case c.any(wish) && c.any(me) && c.ended("raus", "bitte") && c.only(small|me|wish|quit|polite):
		return unclear() // "ich möchte raus": woraus?
	case c.any(pull) && c.named("ab", "aus", "raus") && c.any(me) && !c.any(told|goods) && !c.denies() && c.alien == 0 && c.ended("ab", "aus", "raus", "bitte") && !c.open():
		return c.doubtful(finding{Stop, bare})
	case c.follow("abgemeldet werden", "ausgetragen werden") && c.alien == 0 && !c.asks && !c.any(told|goods|others|this|no|not|data|handle):
		return c.doubtful(finding{ends, bare}) // "abgemeldet werden bitte"
	case !c.any(unsub):
		if c.any(done) && !c.any(erase) && c.any(me) && c.alien == 0 && !(c.any(told) && c.any(not) && !(c.asks && c.opened&told != 0)) {
			if c.any(wish) && !c.denies() {
				return c.doubtful(finding{ends, sure})
			}
			if c.any(told) {
				return unclear()
			}
		}
		return finding{}
	case c.denies(), c.any(no) && !c.any(more), c.opened&when != 0:
		return finding{}
	case c.any(me) && c.alien <= 1 && !c.any(goods|others) && !c.ofSomething() && (c.open() && c.any(how) || c.any(suppose) || c.any(wish) && c.asks || c.named("muss", "soll", "should") && !c.any(more)) && !c.ofSomething():
		return unclear()
	case (c.any(channel|message) || c.any(reach) && c.any(me)) && !c.any(goods) && c.alien <= 2 && !c.tells() && !c.open() && !c.yesOrNo():
		return c.doubtful(finding{ends, sure})
	case c.alien > 0:
		return finding{}
	case (c.any(mine) && c.named("nummer", "telefonnummer", "handynummer", "mobilnummer", "number", "phone number") || c.named("this number", "diese nummer")) && !c.any(this|data) && !c.tells() && !c.yesOrNo():
		return c.doubtful(finding{ends, sure})
	case c.tells(), c.open(), c.yesOrNo(), c.any(this | data | handle):
		return unclear()
	}
	return c.doubtful(finding{ends, bare})
}

// leaves reports whether she goes out of something herself: "ich trete aus dem
// Verteiler aus".
func (c *clause) leaves() bool {
	return c.named("austreten", "aussteigen", "austrete", "aussteige") || c.named("trete", "treten", "steige", "steigen") && c.ended("aus")
}

// lastly: "let this be the last message you send me".
func lastly(c *clause) finding {
	if !c.any(message|advert) || c.any(goods|others|not|no) || c.asks || c.open() || c.alien > 2 ||
		!c.named("letzte", "letzten", "letzter", "last", "final", "allerletzte") || !c.named("let", "make", "should", "must", "shall", "soll", "sollte", "lasst", "lassen", "lass", "muss", "sei", "better", "has to be", "must be", "lass das", "lasst das", "lassen sie das") {
		return finding{}
	}
	if c.any(advert) {
		return c.doubtful(finding{Marketing, sure})
	}
	return c.doubtful(finding{Stop, sure})
}

// undesired reports whether something is said to be unwanted as a whole.
func (c *clause) undesired() bool {
	return !c.asks && c.alien == 0 && !c.any(goods|others|this|suppose) && c.named("nicht erwuenscht", "unerwuenscht", "nicht gewuenscht", "nicht gewollt", "not wanted", "unwanted", "not welcome", "unwelcome", "no longer wanted", "no longer welcome", "nicht erlaubt", "nicht gestattet", "nicht zugelassen", "not allowed", "tabu", "taboo", "nicht mehr erwuenscht", "nicht mehr gewuenscht")
}

// messaging: no more messages.
func messaging(c *clause) finding {
	if !c.any(message|channel) || c.any(advert|data) {
		return finding{}
	}
	if c.any(others) && c.named("bekommt", "erhaelt", "kriegt", "gets", "receives", "doesn t get", "vermisst") && !c.any(polite) {
		return finding{} // "Meine Nachbarin bekommt keine Nachrichten mehr."
	}
	if c.named("unterlassen", "unterlasst", "unterlassung") && c.named("jede", "jeder", "jegliche", "jeglicher", "weitere", "weiteren", "weiterer") && c.alien <= 1 && !c.asks && !c.tells() && !c.any(goods|told|no|not) {
		return c.doubtful(finding{Stop, sure}) // "Unterlassen Sie jede weitere Nachricht"
	}
	never := c.any(no | not | nothing)
	plural := c.count[1] > 0 && !c.any(one) || c.any(channel)
	switch {
	case never && c.any(wish) && c.named("kontakt", "contact", "kontaktu", "contacto", "contatto", "kontaktaufnahme") && c.alien == 0 && !c.any(told|goods|mine|this) && !c.asks:
		return c.doubtful(finding{Stop, sure})
	case c.named("weder", "neither") && c.any(message) && c.alien <= 1 && !c.any(told|goods|me&^small) && !c.asks && c.words[0].is&no != 0:
		return c.doubtful(finding{Stop, sure}) // "Weder Erinnerungen noch sonstige Nachrichten bitte"
	case plural && c.undesired() && c.opened&(message|more|no|you|channel) != 0:
		return c.doubtful(finding{Stop, sure})
	case c.open(), c.opened&why != 0:
		if c.any(weary|tired) || c.opened&why != 0 && c.any(me) && !never && c.alien == 0 {
			return unclear()
		}
		return finding{}
	case never && c.any(often):
		return unclear()
	case c.any(stop|quit) && !never && (plural || c.any(reach|stop) || c.named("kontakt", "contact")) && c.any(message):
		switch {
		case c.tells(), c.any(goods), c.alien > 2, c.yesOrNo():
			if c.any(goods) && !c.any(stop) || c.alien > 4 {
				return finding{}
			}
			return unclear()
		}
		if c.any(bargain) {
			return c.doubtful(finding{Marketing, sure}) // "cancel the deals messages"
		}
		return c.doubtful(finding{Stop, sure})
	case c.any(stop|quit) && c.any(channel) && !never && c.alien == 0 && !c.tells():
		return c.doubtful(finding{Stop, bare})
	case !never, c.tells() && !c.any(weary|tired), c.yesOrNo(), c.any(quit) && c.denies():
		if c.any(weary) || c.any(tired) && !c.any(goods) && c.alien <= 1 && c.any(message) {
			return unclear()
		}
		return finding{}
	case c.tells():
		return unclear()
	case c.named("aucun", "aucune", "ningun", "ninguna", "nessun", "nessuna") && c.any(message) && c.only(no|message|polite|wish|you),
		c.words[0].word == "pas" && plural && c.only(not|message|polite|wish|you):
		return c.doubtful(finding{Stop, sure}) // "Aucun message svp"
	case c.any(more) && c.alien == 0, c.alien == 0 && plural && c.any(no|nothing) && !c.any(this),
		c.any(more) && c.alien <= 4 && c.any(wish|reach|get|polite) && !c.any(goods) && c.any(me|you|message):
		return c.doubtful(finding{Stop, sure})
	case c.any(reach) && c.named("me", "us", "mich", "uns", "mir") && c.alien == 0 && !c.any(this):
		return c.doubtful(finding{Stop, sure})
	case c.any(not) && (c.any(wish) || c.any(reach) && c.any(me)) && plural && c.alien == 0 && !c.any(this):
		return c.doubtful(finding{Stop, sure})
	case c.any(more) && (c.alien == 0 || c.any(wish|me|polite)) || c.any(wish) && c.any(message) || c.any(message) && c.any(no) && c.alien <= 3 && !c.any(goods) && c.opened&mine == 0:
		return unclear()
	}
	return finding{}
}

// writing: nobody is to write any more.
func writing(c *clause) finding {
	never := c.any(not | nothing)
	ends := Stop
	if c.any(bargain) {
		ends = Marketing
	}
	if c.any(nothing) && c.any(more) && c.follow("an mich", "an uns", "to me", "to us", "fuer mich") && c.alien == 0 && !c.asks && !c.any(told|goods) {
		return c.doubtful(finding{ends, sure})
	}
	if c.any(nothing) && c.any(more) && c.any(source) && c.alien == 0 && !c.asks && !c.any(told|goods|message|advert) {
		if c.named("brauche", "brauchen", "need", "benoetige") {
			return unclear()
		}
		return c.doubtful(finding{Stop, sure}) // "von euch will ich nichts mehr"
	}
	if !c.any(reach|get|bother) && !c.any(handle) || c.any(data) {
		return finding{}
	}
	if c.any(quit) && c.named("schreiben", "zu schreiben", "zu senden", "zu schicken", "texting", "messaging", "writing") && c.only(quit|stop|reach|you|this|polite) && !c.asks && !never {
		return c.doubtful(finding{ends, sure}) // "hört auf mit dem Schreiben"
	}
	if c.any(quit) && c.follow("das schreiben", "das senden", "das schicken", "das anschreiben", "das versenden") && c.alien == 0 && !c.asks && !never && !c.any(goods|others|told|data|handle|advert|offer) {
		return c.doubtful(finding{ends, sure}) // "stellt das Schreiben ein"
	}
	hers := c.any(me) || c.any(mine) && c.named("nummer", "telefonnummer", "handynummer", "mobilnummer", "number", "phone number")
	if c.spares() && c.any(more) && !c.any(advert) {
		return c.doubtful(finding{ends, sure})
	}
	if never && c.any(often) && (hers || c.any(you|reach)) && !c.any(goods) && !c.open() && c.alien <= 2 {
		return unclear()
	}
	switch {
	case c.open(), c.opened&why != 0:
		if c.opened&why != 0 && c.any(reach|bother) && hers && !c.any(goods|no|nothing) && c.alien <= 3 && !(c.any(not) && c.any(more)) {
			return unclear()
		}
		return finding{}
	case c.any(quit|stop) && !never && c.any(reach|bother) && hers && !c.any(goods):
		if c.alien > 1 || c.tells() || c.yesOrNo() {
			return unclear()
		}
		return c.doubtful(finding{ends, sure})
	case !never, c.tells() && !c.any(weary), c.yesOrNo(), c.any(goods):
		if c.any(weary) || c.any(bother) && hers && c.alien <= 2 {
			return unclear()
		}
		return finding{}
	case c.any(nothing) && c.any(reach|get) && c.any(more) && c.alien <= 2 && !c.any(this),
		c.any(not) && c.any(more|wish) && c.any(you) && c.named("hear", "hearing", "hoeren") && c.alien == 0,
		c.any(not) && c.any(reach) && c.any(more) && c.alien == 0 && !c.any(this),
		c.any(not) && c.any(reach) && hers && c.any(more) && c.alien <= 1 && !c.any(this),
		c.any(not) && c.opened&(reach|not) != 0 && c.any(reach) && (c.named("mich", "me", "us", "uns", "mir") || c.lang&foreign != 0 && c.any(me)) && c.alien == 0 && !c.any(this|offer|one|handle|often):
		return c.doubtful(finding{ends, sure})
	case c.any(not) && c.any(wish) && c.opened&me != 0 && c.named("contacted", "texted", "messaged", "angeschrieben", "kontaktiert", "benachrichtigt") && c.alien == 0 && !c.any(this|often|told):
		return c.doubtful(finding{ends, sure})
	case c.any(reach|bother) && c.any(more) && hers && c.alien <= 3:
		return unclear()
	case c.any(get) && c.any(more) && c.any(wish) && c.alien == 0:
		return unclear()
	}
	return finding{}
}

// stopping: STOP by itself.
func stopping(c *clause) finding {
	if c.named("stoppt", "stoppen", "stoppe", "abstellen", "abbestellen", "beenden", "einstellen", "abmelden", "abschalten", "ausschalten") && c.every() && c.only(quit|unsub|you|polite) && !c.asks {
		return c.doubtful(finding{Stop, bare})
	}
	if !c.any(stop) || c.any(not|no|done) {
		return finding{}
	}
	if c.alien == 0 && !c.any(told|goods|data|handle|offer) && !c.open() {
		if c.asks && !c.politely() {
			return finding{}
		}
		if c.any(this) {
			return unclear() // "stop that": what?
		}
		return c.doubtful(finding{Stop, bare})
	}
	if c.every() && c.alien == 0 && len(c.words) <= 5 && !c.any(told|data|offer|goods|not|no) && !c.asks {
		return c.doubtful(finding{Stop, bare})
	}
	if w := c.words[0]; w.is&stop != 0 && w.loud && c.alien <= 3 && !c.any(goods) {
		return unclear()
	}
	return finding{}
}

// starting takes a STOP back.
func starting(c *clause) finding {
	if c.any(begin) && c.only(begin) && !c.asks && len(c.words) <= 4 {
		return finding{Start, bare}
	}
	return finding{}
}
