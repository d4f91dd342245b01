package keyword

// withdrawal: GDPR Art. 7(3).
func withdrawal(c *clause) finding {
	ends := Stop
	if c.any(advert) && !c.both() {
		ends = Marketing
	}
	never, hers := c.any(not|no), c.any(mine|about)
	switch {
	case c.any(consent) && hers && c.opened&(mine|consent) != 0 && (c.any(revoke) || c.named("weg", "vorbei")) && !c.asks && !never && c.alien <= 1 && !c.named("war", "wurde", "was", "were", "habe", "hatte", "have", "had"):
		return c.doubtful(finding{ends, sure}) // "Meine Einwilligung ist hiermit widerrufen"
	case c.any(consent) && never && c.any(more) && c.any(you) && !c.any(me|advert|goods|wish|data|message) && !c.asks && c.alien == 0 && c.named("habt", "haben", "hast", "ihr habt", "have"):
		return c.doubtful(finding{Stop, sure})
	case c.any(consent) && hers && never && c.any(more) && !c.asks && !c.open() && !c.any(advert|goods|wish) && c.alien == 0 && !c.named("finde", "sehe", "see", "find"):
		return c.doubtful(finding{Stop, sure}) // "Ihr habt meine Einwilligung nicht mehr"
	case c.any(consent) && hers && never && c.any(more) && c.named("gebe", "geben", "erteile", "give") && c.alien == 0 && !c.asks && !c.any(advert|goods|data):
		return c.doubtful(finding{Stop, sure}) // "Ich gebe meine Zustimmung nicht mehr"
	case c.any(consent) && c.any(revoke|back|quit|unsub|erase):
		if c.denies() || c.opened&when != 0 {
			return finding{}
		}
		if c.tells() || c.open() || c.yesOrNo() || c.alien > 8 || c.any(goods) && !c.any(advert) {
			return unclear()
		}
		return c.doubtful(finding{ends, sure})
	case c.any(agree|consent) && c.any(not|no) && c.any(advert) && (c.any(more) || !c.tells() && !c.asks && !c.any(goods) && c.alien <= 1):
		return c.doubtful(finding{Marketing, sure})
	case c.any(agree|consent) && c.any(not|no) && c.any(advert|message|reach|channel|more|this|data):
		if c.any(more) && !c.any(goods) && !c.open() && (c.any(message|reach) || c.any(mine) && c.any(you) && c.alien == 0 && !c.asks && c.named("habt", "haben", "hast", "have")) {
			return c.doubtful(finding{Stop, sure})
		}
		return unclear()
	case c.any(revoke) && c.denies():
		return finding{}
	case c.any(revoke) && c.any(advert|list) && c.alien <= 3 && !c.tells():
		return c.doubtful(finding{ends, sure})
	case c.any(revoke) && c.any(message|channel) && c.alien <= 1 && !c.tells():
		return c.doubtful(finding{Stop, sure})
	case c.any(revoke) && c.alien == 0 && !c.any(offer|handle):
		if (c.any(me) || c.named("hiermit", "hierdurch", "hereby")) && !c.any(told) && !c.asks {
			return c.doubtful(finding{Stop, bare})
		}
		return unclear()
	}
	return finding{}
}

// declining are words with which one refuses an offer as well as advertising.
var declining = []string{"lehne", "lehnen", "ablehne", "ablehnen", "verweigere", "decline", "reject"}

// protest is what some say for an objection, and lawyers for something else.
const protest = "einspruch"

// uses are what is done with data, as an objection names it.
var uses = []string{"verarbeitung", "datenverarbeitung", "weiterverarbeitung", "verarbeitet", "verarbeiten", "nutzung", "datennutzung", "verwendung", "benutzung", "processing", "use", "using"}

// protests reports whether somebody objects to something.
func (c *clause) protests() bool { return c.any(object) || c.named(protest) }

// opposition: GDPR Art. 21(1), to all that rests on a legitimate interest.
func opposition(c *clause) finding {
	switch {
	case !c.protests(), c.denies(), c.asks, c.tells(), c.open(), c.any(advert | goods | erase | message | channel):
		return finding{}
	case c.objects() && c.alien <= 3,
		c.any(law) && c.named("21") && !c.follow("abs 2", "absatz 2") && c.alien <= 1:
		return c.doubtful(finding{Object, sure})
	}
	return finding{}
}

// objects reports whether somebody objects to what is done with her data.
func (c *clause) objects() bool {
	return c.protests() && c.named(uses...) && (c.any(data) || c.named("datenverarbeitung", "datennutzung", "processing", "verarbeitung"))
}

// objection: GDPR Art. 21(2).
func objection(c *clause) finding {
	switch {
	case c.any(object) && c.named(declining...) && (c.asks || !c.any(advert|message) && !c.any(bargain) || c.any(goods)):
		return finding{} // "I decline your offer", which is one for something
	case !c.protests(), c.denies(), c.opened&when != 0:
		return finding{}
	case c.any(handle) && c.any(mine) && c.named("nutzung", "verwendung", "benutzung", "use", "using") && c.alien <= 1 && !c.any(goods|advert|data) && !c.tells() && !c.asks:
		return c.doubtful(finding{Stop, sure})
	case c.any(advert) && !c.tells() && !c.open(), c.named("21") && c.follow("abs 2", "absatz 2") && !c.tells() && c.alien <= 1:
		return c.doubtful(finding{Marketing, sure})
	case c.any(message|reach|channel) && !c.any(data|goods) && c.alien <= 1 && !c.tells():
		return c.doubtful(finding{Stop, sure})
	case c.any(data|advert) && !c.any(goods), c.alien == 0:
		return unclear()
	}
	return finding{}
}
