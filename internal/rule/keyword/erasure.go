package keyword

// wondering are words with which it is asked what happens to data.
var wondering = set("werden wird wurden wurde sind ist are is was were do does did bleiben haben hat have has")

// papers are what is kept of a person, as she calls it.
var papers = []string{"unterlagen", "dokumente", "akte", "akten", "papiere", "documents", "paperwork", "papers"}

// deletion: GDPR Art. 17.
func deletion(c *clause) finding {
	if f := kept(c); f.means != None {
		return f
	}
	if f := gone(c); f.means != None {
		return f
	}
	if c.any(object) && c.any(store) && c.any(data|handle) && c.any(mine|about) && !c.any(advert|goods|told|not) && c.alien == 0 && !c.asks {
		return c.doubtful(finding{Erase, sure}) // "Ich verbiete die Speicherung meiner Daten"
	}
	if c.any(law) && c.named("17") && !c.any(told|no|not|goods) && c.alien <= 1 && !c.asks || c.any(erase) && c.any(handle) && c.any(archive) && (c.any(you) || c.behindLeavingAny(archive)) && !c.any(advert) && c.alien == 0 && !c.any(told|no|not|goods|message) && !c.asks {
		return c.doubtful(finding{Erase, sure}) // "Art. 17"; "Telefonnummer aus Ihrem System löschen"
	}
	if !c.any(erase) || c.any(no|nothing) && !c.any(more) || c.denies() {
		return finding{}
	}
	if c.takesOut() && c.any(message) && !c.any(data|one) && c.named("from", "aus", "von") {
		return finding{} // out of messages, which is no erasure
	}
	if c.asks && c.opened&when != 0 && c.named("endlich", "finally") && c.any(you) && (c.any(mine) && c.any(data|handle) || c.any(about|me)) && c.alien <= 1 && !c.any(goods|told) {
		return c.doubtful(finding{Erase, sure}) // "Wann löscht ihr endlich meine Daten?"
	}
	if c.asks && wondering[c.words[0].word] || c.tells() && c.merelyGone() && !c.named("alles") || c.dataOf() || c.any(done) && c.tells() && c.words[0].is&mine != 0 && len(c.words) > 1 && c.words[1].is&^goods == 0 {
		return finding{} // "werden meine Daten gelöscht?"
	}
	if c.named(papers...) && (c.wonders() || c.tells()) {
		return finding{} // "kann ich meine Unterlagen vernichten?"
	}
	if c.any(mine) && c.named(papers...) && c.alien <= 1 && !c.any(goods|message|told) && (!c.asks || c.politely() && !c.wonders()) && c.opened&(when|why|what|how) == 0 {
		return c.doubtful(finding{Erase, sure}) // "meine Unterlagen bitte vernichten"
	}
	hers := c.any(data) && (c.any(mine|about) || c.alien == 0) || c.any(handle) && c.any(mine) && c.alien <= 2 && !c.any(goods)
	switch {
	case c.any(advert) && c.any(handle) && !c.any(data|archive) && c.behindLeavingAny(advert):
		return c.doubtful(finding{Marketing, sure}) // "Löscht meine Nummer aus dem Newsletter"
	case c.any(list|channel) && c.any(me|handle) && !c.any(data), c.any(advert) && c.any(archive) && c.any(handle) && !c.any(data):
		if c.any(advert) {
			return c.doubtful(finding{Marketing, sure})
		}
		return c.doubtful(finding{Stop, sure})
	case c.any(advert) && c.any(me) && !c.any(data|handle):
		return c.doubtful(finding{Marketing, sure})
	case c.any(done) && (c.named("habe", "hab") || c.opened&me != 0 && c.named("deleted")) && !c.any(data) && !c.any(wish):
		return finding{} // "ich habe unseren Chat gelöscht"
	case c.any(done) && c.tells() && c.words[0].is&erase == 0, c.opened&(when|why) != 0:
		if hers {
			return unclear()
		}
		return finding{}
	case c.takesOut() && c.named("stuff"):
		return unclear()
	case c.takesOut() && c.any(me) && !hers && !c.any(data|handle|archive|about|law) && c.alien == 0:
		return unclear() // "remove me": from what?
	case hers && c.alien <= 8, c.any(law) && c.alien <= 4 && !c.any(goods),
		c.any(about) && c.alien <= 2 && !c.any(goods), c.any(mine|me) && c.any(store) && c.every() && c.alien <= 1 && !c.any(goods), c.named("mich", "uns", "me", "us", "myself", "cancellatemi", "cancellami") && c.alien == 0 && !c.any(message|offer|this):
		return c.doubtful(finding{Erase, sure})
	case c.any(archive) && c.any(wish|me) && c.alien == 0 && !c.any(message|offer|this):
		return c.doubtful(finding{Erase, sure})
	case c.any(message|one) && c.any(mine|me) && c.alien == 0, c.named("me", "mich", "us", "uns") && c.any(this) && c.alien == 0 && !c.any(goods):
		return unclear()
	case c.only(erase|polite|you|wish|done|handle|data|me|greeting) && !c.any(this) && !c.asks && !c.named("weg"):
		return finding{Erase, bare}
	}
	return finding{}
}

// takesOut reports whether the word of deletion is one for taking something out.
func (c *clause) takesOut() bool {
	return c.named("remove", "removed", "removal", "entfernen", "entfernt", "entferne", "clear", "rimuovere", "rimuovete") && !c.named("delete", "erase", "loeschen", "loescht", "loesche")
}

// kept: her data are to be kept no longer.
func kept(c *clause) finding {
	never := c.any(no | not | nothing)
	hers := c.any(data|handle) && c.any(about|mine) || c.any(data) && c.any(you)
	switch {
	case !c.any(store|archive|quit) || c.any(goods|consent|advert) || c.open() || c.alien > 2:
		return finding{}
	case never && c.any(more) && c.any(wish|quit|polite|lawful) && c.any(store) && (c.any(data) && hers || c.any(archive)) && !(c.any(get) && !c.any(data)),
		never && c.any(more) && c.any(store) && c.any(data) && c.any(mine|about) && c.opened&(not|store) != 0 && c.words[0].is&told&^store == 0 && !c.asks && !c.any(me),
		never && c.any(more) && c.any(wish) && c.any(store) && c.any(handle) && c.any(mine) && c.any(you) && c.named("details", "angaben", "nummer", "adresse", "number", "address", "info", "information", "kontaktdaten") && c.alien <= 1 && !c.any(reach),
		never && c.any(more) && c.any(wish) && c.any(me) && c.named("gespeichert", "hinterlegt", "erfasst", "gelistet", "stored") && c.alien == 0 && !c.any(message|handle|get),
		never && c.any(wish) && c.any(me) && c.any(archive) && c.named("gespeichert", "stehen", "sein", "stored", "be") && c.alien == 0 && !c.any(told|message|get),
		never && c.any(wish|lawful) && c.any(data) && c.any(mine) && c.named("behaltet", "behalten", "aufbewahrt", "aufbewahren", "keep", "keeping", "retain", "hold"),
		c.any(no|nothing) && c.any(more) && c.any(store) && c.any(about) && !c.any(get|message|reach) && !c.asks,
		c.any(quit) && !c.merelyFrom() && c.any(store) && c.any(data) && c.any(mine|about) && !never && c.alien <= 1:
		return c.doubtful(finding{Erase, sure})
	}
	return finding{}
}

// gone: her data are to go, or she out of where they lie.
func gone(c *clause) finding {
	hers := c.any(data) && c.any(mine|about)
	switch {
	case c.named("geben", "gebt", "gib") && c.ended("raus", "heraus"):
		return finding{} // "geben Sie meine Daten heraus"
	case c.any(goods|no|not) || c.alien > 1:
		return finding{}
	case c.any(archive) && c.alien == 0 && !c.asks && !c.any(told|advert|get|store) && (c.named("raus", "heraus") && c.only(archive|quit|pull|polite|you|me|wish) || c.any(wish) && c.any(me) && c.named("aus") && c.ended("datenbank", "kartei", "system", "kundenkartei")),
		c.any(archive) && !c.any(advert) && (c.any(pull) || c.named("raus", "heraus")) && (c.any(me|handle) || hers),
		hers && (c.any(pull) && c.named("raus", "heraus", "weg", "out") || c.ended("raus", "weg")) && !c.any(told|store),
		(c.any(data|handle) && c.any(mine) || c.any(about)) && c.named("must go", "has to go", "have to go", "needs to go", "need to go", "should go", "be gone", "vanish", "disappear", "must vanish", "must disappear"),
		hers && c.any(pull|reach|get) && c.named("take", "get", "remove", "pull") && c.named("records", "system", "systems", "books", "files", "database", "databases") && c.named("from", "out", "off"),
		(hers || c.any(handle) && c.any(mine) || c.any(about)) && c.any(wish) && c.named("gone", "weg"):
		return c.doubtful(finding{Erase, sure})
	}
	return finding{}
}

// merelyGone reports whether "weg" is all that speaks of deletion: "mein Konto
// ist weg".
func (c *clause) merelyGone() bool {
	for _, w := range c.words {
		if w.is&erase != 0 && w.word != "weg" {
			return false
		}
	}
	return c.any(erase)
}

// dataOf reports whether data of a thing is meant: "die Daten von meiner alten
// Festplatte".
func (c *clause) dataOf() bool {
	for i, w := range c.words {
		if w.is&data == 0 || i+2 >= len(c.words) {
			continue
		}
		switch c.words[i+1].word {
		case "von", "vom", "auf", "from", "on", "off", "aus":
			for _, of := range c.words[i+1 : min(len(c.words), i+5)] {
				if things[of.word] {
					return true
				}
			}
		}
	}
	return false
}

// things hold data of their own.
var things = set("festplatte handy laptop rechner computer pc stick usb karte sd speicherkarte kamera tablet smartphone phone drive disk card camera stick geraet uhr watch tacho zaehler")
