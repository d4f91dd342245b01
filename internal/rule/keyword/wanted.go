package keyword

// needing are verbs by which the company asks for data, or she offers them.
var needing = []string{"brauchen", "braucht", "brauchst", "benoetigen", "benoetigt", "need", "needs", "require", "required", "wollt", "wollen", "aendern", "geaendert", "korrigieren", "update", "updated", "changed", "change", "falsch", "wrong", "angeben", "eintragen", "ausfuellen", "used up", "hier sind", "anbei", "attached"}

// wanted finds the core of a request for her data, whatever else is said around it
// (GDPR Art. 15).
func wanted(c *clause) finding {
	if c.any(no|not|nothing|erase|unsub|stop|advert|goods|begin|list) || c.alien > 3 || c.named(needing...) && (c.any(you) || !c.named("copy", "kopie")) || c.denies() {
		return finding{}
	}
	hers := c.any(mine) && c.any(data)
	if c.any(about) && c.any(store) && c.asks && c.opened&(you|store|told) != 0 && c.any(you) && c.alien == 0 && !c.any(message|offer) {
		return c.asksFor(Access) // "Habt ihr irgendwas über mich gespeichert?"
	}
	switch {
	case c.alien > 1 || c.denies():
	case hers && c.asks && c.any(store) && c.any(you) && c.opened&told != 0 && !c.any(goods|stop|erase) && !c.named("forgotten", "vergessen"),
		c.any(what) && c.any(store) && c.any(you) && c.every() && c.asks && c.alien == 0 && c.named("speichert", "speichern", "store", "stored") && !c.any(goods|me),
		c.any(data) && c.any(store) && c.every() && c.any(reach) && !c.any(told&^store|goods|others|advert|stop|unsub|erase) && !c.asks && !c.named("schicke", "sende"),
		hers && c.named("geben", "gebt", "gib", "give") && c.named("mir", "uns", "me", "us") && !c.any(told|erase|no|not|goods),
		hers && c.follow("her mit") && c.alien == 0,
		hers && c.named("interessieren", "interessiert") && c.any(store) && c.any(me) && !c.any(no|not),
		hers && c.named("zugriff", "access", "einsicht", "einblick") && !c.any(told|goods|no|not|you),
		hers && c.follow("sehe ich", "finde ich", "do i") && c.opened&how != 0,
		hers && c.any(wish) && c.only(data|mine|me|wish|polite|get|inform) && !c.asks && c.any(me):
		return c.asksFor(Access)
	}
	if hers && c.asks && (c.follow("mit meinen", "with my", "mit unseren") && c.opened&what != 0) && c.alien <= 1 {
		return c.asksFor(Access) // "Was macht ihr mit meinen Daten?"
	}
	switch {
	case c.any(law) && c.named("15") && !c.any(told) && c.alien <= 1, c.any(report) && c.any(law) && c.alien <= 1 && !c.any(told),
		c.any(report) && (c.any(mine) && c.any(handle|data) || c.any(about)) && !c.any(told) && c.alien <= 2:
		return c.asksFor(Access)
	case c.any(what) && c.any(data) && c.any(you) && c.any(store) && !c.any(me&^small) && c.alien <= 2,
		c.any(what) && c.any(data) && c.any(you) && c.any(store) && (c.any(about) || c.opened&(what|wish|inform|small) != 0),
		c.any(what) && c.any(handle|offer) && c.any(you) && c.any(store) && (c.any(about) || c.follow("on me", "for me", "about me", "of me")):
		return c.asksFor(Access)
	case hers && c.opened&(why|how|what) != 0 && c.any(store|get|told|inform) && (c.follow("wie lange", "how long") || c.named("wofuer", "wozu", "wer", "wem", "wie lange", "how long", "who", "what for", "copy", "kopie", "download", "export", "einsehen", "abrufen", "view", "see")) && !c.any(wish):
		return c.asksFor(Access)
	case hers && c.any(inform|reach|pull) && !c.any(told) && !herselfSays(c) && c.alien <= 1 && (!c.asks || c.politely()) && (c.opened&(inform|reach) != 0 || c.any(polite|wish) || c.courteous() || c.ended("anfordern", "herunterladen", "zuschicken", "zusenden", "exportieren", "einsehen", "zeigen", "schicken", "senden")):
		return c.asksFor(Access)
	case hers && c.politely() && c.only(data|mine|me|polite|get|inform|you) && c.named("have", "get", "haben", "bekommen", "kriegen", "sehen", "see"),
		hers && c.named("info", "infos", "information", "informationen", "info zu", "auskuenfte") && c.alien == 0 && !c.any(told|reach|you) && !c.asks,
		c.any(what) && c.any(law) && c.any(store) && c.any(inform|wish) && c.alien == 0 && !c.any(told&^store):
		return c.asksFor(Access)
	case hers && c.opened&how != 0 && c.follow("komme ich", "kommt man", "kriege ich", "bekomme ich", "do i") && c.alien <= 1 && !c.any(unsub|erase):
		return c.asksFor(Access)
	case hers && c.any(wish) && c.any(me) && c.only(data|mine|me|wish|polite|get|inform) && !c.asks:
		return c.asksFor(Access) // "I want my data"
	case c.any(data) && c.named("kopie", "liste", "uebersicht", "aufstellung", "auflistung", "copy", "list", "overview") && c.every() && c.any(inform) && c.alien == 0 && !c.any(told|reach) && !c.asks,
		hers && c.asks && c.named("weitergegeben", "weitergeleitet", "verkauft", "geteilt", "shared", "sold") && c.alien == 0 && c.words[0].is&mine == 0 || hers && c.any(get) && c.follow("wer hat", "who has", "who got") && c.alien == 0,
		c.any(what) && c.any(data) && c.only(what|data):
		return c.asksFor(Access)
	case hers && c.named("geben", "gebt", "gib") && c.ended("raus", "heraus") && c.alien == 0:
		return c.asksFor(Access)
	case c.any(data) && c.named("export", "datenexport", "auszug", "download") && c.only(data|inform|mine|polite|wish):
		return c.asksFor(Access)
	case c.any(what) && c.any(data) && c.any(about) && c.any(get|store|told) && c.alien <= 2 && c.opened&told == 0:
		return c.asksFor(Access) // "Was für Daten sammelt ihr über mich?"
	}
	return finding{}
}

// herselfSays reports whether she sends the data herself: "ich schicke meine Daten".
func herselfSays(c *clause) bool {
	return c.named("schicke", "sende", "gebe", "here is", "here") || c.opened&me != 0 && !c.any(wish|polite)
}

// courteous reports whether the clause has a word of courtesy.
func (c *clause) courteous() bool {
	for _, w := range c.words {
		if w.courteous() {
			return true
		}
	}
	return false
}
