package keyword

// deletion: GDPR Art. 17.
func deletion(c *clause) finding {
	if c.any(no|not) && c.any(more) && c.any(wish|quit) && c.any(store) && (c.any(data) && c.any(about|mine|you) || c.any(archive)) && !c.any(goods|get) && !c.open() && c.alien <= 2 ||
		c.any(archive) && (c.any(pull) || c.named("raus", "heraus")) && (c.any(me|handle) || c.any(data) && c.any(mine|about)) && !c.any(goods|no|not) && c.alien <= 1 ||
		c.any(quit) && c.any(store) && c.any(data) && c.any(mine|about) && c.alien <= 1 && !c.any(no|not|goods) && !c.open() {
		return c.doubtful(finding{Erase, sure})
	}
	if c.any(data) && c.any(mine|about) && (c.any(pull) && c.named("raus", "heraus", "weg", "out") || c.ended("raus", "weg")) && !c.any(goods|no|not|told|store) && c.alien <= 1 ||
		c.any(no|nothing) && c.any(more) && c.any(store) && c.any(about) && !c.any(goods|get) && !c.asks && !c.open() && c.alien <= 2 {
		return c.doubtful(finding{Erase, sure})
	}
	if !c.any(erase) || c.any(no|nothing) && !c.any(more) || c.denies() {
		return finding{}
	}
	hers := c.any(data) && (c.any(mine|about) || c.alien == 0) || c.any(handle) && c.any(mine) && c.alien <= 2 && !c.any(goods)
	switch {
	case c.any(list|channel) && c.any(me|handle) && !c.any(data):
		if c.any(advert) {
			return c.doubtful(finding{Marketing, sure})
		}
		return c.doubtful(finding{Stop, sure})
	case c.any(advert) && c.any(me) && !c.any(data|handle):
		return c.doubtful(finding{Marketing, sure})
	case c.any(done) && c.tells() && c.words[0].is&erase == 0, c.opened&(when|why) != 0:
		if hers {
			return unclear()
		}
		return finding{}
	case hers && c.alien <= 8, c.any(law) && c.alien <= 4 && !c.any(goods),
		c.any(about) && c.alien <= 2 && !c.any(goods), c.any(mine|me) && c.any(store) && c.every() && c.alien <= 1 && !c.any(goods), c.named("mich", "uns", "me", "us", "myself", "cancellatemi", "cancellami") && c.alien == 0 && !c.any(message|offer|this):
		return c.doubtful(finding{Erase, sure})
	case c.any(archive) && c.any(wish|me) && c.alien == 0 && !c.any(message|offer|this):
		return c.doubtful(finding{Erase, sure})
	case c.any(message|one) && c.any(mine|me) && c.alien == 0:
		return unclear()
	case c.only(erase|polite|you|wish|done|handle|data|me|greeting) && !c.any(this) && !c.asks && !c.named("weg"):
		return finding{Erase, bare}
	}
	return finding{}
}
