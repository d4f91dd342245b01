package keyword

// information: GDPR Art. 15.
func information(c *clause) finding {
	if !c.any(data|report|about|law|handle) || c.any(no|not|nothing|erase|unsub|stop|advert) {
		return finding{}
	}
	if c.named("here", "hier", "anbei") && !c.any(store|inform&^store) && !c.asks {
		return finding{} // "here is my data"
	}
	if c.named("aendern", "korrigieren", "berichtigen", "aktualisieren", "vergessen", "update", "change", "correct", "forgotten") {
		return finding{}
	}
	if c.opened&you != 0 && !c.any(wish|polite|what) && !c.asks && c.named("haben", "habt", "hast", "have") && !c.any(about) {
		return finding{} // "Sie haben ja meine Daten"
	}
	hers := c.any(about) || c.any(mine) && c.any(data)
	requested := c.any(reach|inform|report) && !c.any(told) && !c.asks
	stored := c.any(store) && (c.any(about) || c.any(mine) && c.any(data|handle))
	switch {
	case c.any(what) && c.any(data|what) && c.named("gespeichert", "speichert", "speichern", "store", "stored", "stores") && (c.any(about) || c.any(data) && c.any(me|mine)) && c.alien <= 3:
		return finding{Access, sure}
	case c.named("einsicht", "einblick", "inzage", "wglad") && c.any(mine) && c.any(handle|data) && c.alien <= 1 && !c.any(goods|told):
		return c.asksFor(Access)
	case c.any(about) && c.any(data) && c.asks && c.named("gibt", "existieren", "vorhanden", "exist", "there") && c.alien <= 1:
		return finding{Access, sure}
	case c.any(goods) || c.alien > 5 || c.named("brauchen", "braucht", "benoetigen", "benoetigt", "need", "require", "wollt", "wollen") && !(c.named("copy", "kopie") && !c.any(you)):
		return finding{}
	case c.any(data) && c.named("gespeicherten", "stored") && c.any(inform) && c.named("uebersicht", "kopie", "aufstellung", "auflistung", "auszug", "copy", "overview") && c.alien == 0 && !c.any(told),
		c.any(wish) && c.any(me) && c.any(inform) && c.any(what) && c.any(data) && c.any(store) && c.any(you) && c.alien == 0,
		c.any(what) && c.any(about) && c.any(archive) && c.alien <= 2,
		hers && c.any(data) && requested && !c.any(me) && c.named("zusendung", "uebersendung", "uebermittlung", "herausgabe", "aushaendigung") && c.alien <= 1,
		c.any(about) && c.any(data) && c.any(reach) && requested && c.alien <= 2 && !c.any(me),
		c.opened&(why|what) != 0 && c.any(mine|about) && c.any(data) && c.any(store) && c.any(you) && c.named("weitergegeben", "uebermittelt", "weitergeleitet", "shared") && c.alien <= 2:
		return c.asksFor(Access)
	case c.any(report) && (hers || c.any(law|data)) && c.alien <= 4, stored && c.any(what) && c.alien <= 4,
		c.any(about) && c.any(store) && (c.any(data|handle|offer|what) || c.every()) && c.alien <= 3,
		c.any(what) && hers && c.any(data) && c.alien <= 2 && !(c.asks && c.opened&told != 0):
		return c.asksFor(Access)
	case c.opened&why != 0 && c.named("woher", "where", "wherefrom") && c.any(data) && !c.any(handle|goods|others) && c.any(mine) && (c.any(you) || c.named("stammen", "kommen", "come")) && c.alien <= 1,
		c.any(data) && c.ended("anfordern", "abfragen", "einsehen") && c.only(data|mine|report|polite|about) && !c.asks:
		return finding{Access, sure} // the source of the data (Art. 15(1)(g))
	case c.opened&(why|how) != 0 && c.any(handle|data) && c.any(mine) && (c.any(you) || c.lang&foreign != 0) && c.any(store|get|told) && c.alien <= 2:
		return unclear()
	case c.tells() || c.any(told) && !c.any(wish|polite|inform):
		return finding{}
	case hers && c.any(data|handle) && c.any(inform|report) && (c.any(wish) || c.politely() || c.opened&(inform|reach|small) != 0) && !(c.yesOrNo() && !c.any(me)) && c.alien <= 2 && !c.named("schicke", "sende", "gebe"):
		return c.asksFor(Access)
	case hers && c.any(data) && c.any(reach) && c.named("mir", "me", "uns") && c.alien <= 2 && !c.yesOrNo() && !c.named("schicke", "sende", "gebe"):
		return c.asksFor(Access)
	case c.any(report) && c.only(report|wish|you|me|inform|polite|data|law|mine|about|reach|store|this) && !c.open() && !c.follow("fuer die", "fuer ihre", "fuer eure", "for the", "for your"):
		return finding{Access, bare}
	case c.any(data|law) && c.only(data|law|mine|about|report) && len(c.words) <= 6 && !c.asks && (c.any(data|report) || c.named("datenschutz")):
		return finding{Access, bare}
	}
	return finding{}
}

// asksFor is a clear request, unless it is for somebody else.
func (c *clause) asksFor(m Meaning) finding {
	if c.any(others) && !c.any(about) && !(c.any(report) && c.any(data)) {
		return finding{}
	}
	return finding{m, sure}
}
