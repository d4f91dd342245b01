package keyword

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
var rules = []rule{deletion, withdrawal, objection, advertising, signingOff, messaging, writing, stopping, information, annoyance, doubting, starting}

func unclear() finding { return finding{Ask, hint} }

// asked reports whether the clause is a polite question: "könnten Sie …".
func (c *clause) politely() bool { return c.opened&polite != 0 && c.any(you|me) }

// open reports whether the clause asks for an answer, not for an act.
func (c *clause) open() bool {
	return c.opened&(what|why|how|when) != 0 && c.opened&(wish|no|not) == 0 || c.any(when) && !c.any(wish)
}

// yesOrNo reports whether it is to be answered with yes or no.
func (c *clause) yesOrNo() bool {
	return c.asks && !c.politely() && !c.open() && (c.words[0].is&reach == 0 || c.any(you|goods|told))
}

// tells reports whether the clause tells what is or was.
func (c *clause) tells() bool {
	return c.any(told) && !c.any(wish) && !c.politely()
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

// doubtful is a clear wish under a condition or for somebody else: unclear.
func (c *clause) doubtful(f finding) finding {
	if f.means.Ends() && c.wonders() {
		return unclear()
	}
	if f.weight > hint && (c.any(suppose) || c.any(others)) {
		return unclear()
	}
	return f
}

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

// every reports whether all of something is meant.
func (c *clause) every() bool {
	return c.named("alles", "allem", "alle", "saemtliche", "everything", "all", "anything", "was", "what")
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

// withdrawal: GDPR Art. 7(3).
func withdrawal(c *clause) finding {
	ends := Stop
	if c.any(advert) && !c.both() {
		ends = Marketing
	}
	switch {
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
		if c.any(me) && !c.any(told) && !c.asks {
			return c.doubtful(finding{Stop, bare})
		}
		return unclear()
	}
	return finding{}
}

// objection: GDPR Art. 21.
func objection(c *clause) finding {
	switch {
	case !c.any(object), c.denies(), c.opened&when != 0:
		return finding{}
	case c.any(advert) && !c.tells() && !c.open():
		return c.doubtful(finding{Marketing, sure})
	case c.any(message|reach|channel) && !c.any(data|goods) && c.alien <= 1 && !c.tells():
		return c.doubtful(finding{Stop, sure})
	case c.any(data|advert) && !c.any(goods), c.alien == 0:
		return unclear()
	}
	return finding{}
}

// both reports whether messages are to end, and advertising is named beside
// them: "keine Nachrichten und keine Werbung", not "keine Nachrichten mit
// Werbung".
func (c *clause) both() bool {
	return c.any(advert) && c.any(no|not) && c.beside(no, message) && (!c.beside(message, advert) || c.named("und", "oder", "noch", "or", "and", "nor"))
}

// advertising: GDPR Art. 21(2), UWG §7.
func advertising(c *clause) finding {
	if !c.any(advert | offer) {
		return finding{}
	}
	if c.any(begin) || c.any(goods) && c.named("aufkleber", "briefkasten", "schild", "mailbox", "letterbox", "sticker") {
		return finding{}
	}
	ends := c.any(quit|stop|unsub) || c.any(pull) && (c.any(me|list|small) || c.alien == 0)
	never := c.any(no | not | nothing | nay)
	plainly := c.any(advert) && c.alien <= 12 || c.alien == 0 || c.any(more) && c.any(me) && c.any(wish|reach) && c.alien <= 1
	switch {
	case c.any(advert) && c.spares():
		return c.doubtful(finding{Marketing, sure})
	case never && c.any(often) && !c.open() && !c.tells():
		return unclear()
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
		if !c.any(advert) && c.any(not) && !c.any(more|nothing) && !(c.any(reach) && c.any(me)) {
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

// signingOff: to leave what one is subscribed to.
func signingOff(c *clause) finding {
	ends := Stop
	if c.any(advert) {
		ends = Marketing
	}
	switch {
	case c.any(channel) && c.named("kuendige", "kuendigen") && c.alien == 0 && !c.asks && !c.any(told|not|no):
		return c.doubtful(finding{ends, sure})
	case c.any(pull|erase|unsub) && c.any(list) && !c.denies() && c.opened&when == 0:
		if c.any(others) && !c.any(advert|message|channel) {
			return finding{}
		}
		if c.tells() || c.yesOrNo() || c.open() || c.any(goods) || c.alien > 3 {
			return unclear()
		}
		return c.doubtful(finding{ends, sure})
	case c.any(pull) && c.named("ab", "aus", "raus") && c.any(me) && !c.any(told|goods) && !c.denies() && c.alien == 0 && c.ended("ab", "aus", "raus", "bitte") && !c.open():
		return c.doubtful(finding{Stop, bare})
	case !c.any(unsub):
		if c.any(done) && c.any(me) && c.alien == 0 && !(c.any(told) && c.any(not)) {
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
	case c.any(me) && c.alien <= 1 && !c.any(goods|others) && (c.open() && c.any(how) || c.any(suppose) || c.any(wish) && c.asks || c.named("muss", "soll", "should") && !c.any(more)):
		return unclear()
	case c.any(channel|message|reach) && !c.any(goods) && c.alien <= 2 && !c.tells() && !c.open() && !c.yesOrNo():
		return c.doubtful(finding{ends, sure})
	case c.alien > 0:
		return finding{}
	case c.tells(), c.open(), c.yesOrNo(), c.any(this | data | handle):
		return unclear()
	}
	return c.doubtful(finding{ends, bare})
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

// messaging: no more messages.
func messaging(c *clause) finding {
	if !c.any(message|channel) || c.any(advert|data) {
		return finding{}
	}
	never := c.any(no | not | nothing)
	plural := c.count[1] > 0 && !c.any(one) || c.any(channel)
	switch {
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

// spares reports whether her number or her data are not to be used.
func (c *clause) spares() bool {
	return c.any(not) && c.any(mine) && c.any(data|handle) && c.named("benutzen", "verwenden", "nutzen", "benutzt", "verwendet", "nutzt", "use") && c.alien <= 1 && !c.any(goods) && !c.tells() && !c.asks
}

// writing: nobody is to write any more.
func writing(c *clause) finding {
	if !c.any(reach|get|bother) && !c.any(handle) || c.any(data) {
		return finding{}
	}
	never := c.any(not | nothing)
	hers := c.any(me)
	if c.spares() && c.any(more) && !c.any(advert) {
		return c.doubtful(finding{Stop, sure})
	}
	if never && c.any(often) && (hers || c.any(you)) && !c.any(goods) && !c.open() && c.alien <= 2 {
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
		return c.doubtful(finding{Stop, sure})
	case !never, c.tells() && !c.any(weary), c.yesOrNo(), c.any(goods):
		if c.any(weary) || c.any(bother) && hers && c.alien <= 2 {
			return unclear()
		}
		return finding{}
	case c.any(nothing) && c.any(reach|get) && c.any(more) && c.alien <= 2 && !c.any(this),
		c.any(not) && c.any(more|wish) && c.any(you) && c.named("hear", "hearing", "hoeren") && c.alien == 0,
		c.any(not) && c.any(reach) && c.any(more) && c.alien == 0 && !c.any(this),
		c.any(not) && c.any(reach) && hers && c.any(more) && c.alien <= 1 && !c.any(this),
		c.any(not) && c.opened&(reach|not) != 0 && c.any(reach) && c.named("mich", "me", "us", "uns", "mir") && c.alien == 0 && !c.any(this|offer|one|handle|often):
		return c.doubtful(finding{Stop, sure})
	case c.any(reach|bother) && c.any(more) && hers && c.alien <= 3:
		return unclear()
	case c.any(get) && c.any(more) && c.any(wish) && c.alien == 0:
		return unclear()
	}
	return finding{}
}

// stopping: STOP by itself.
func stopping(c *clause) finding {
	if !c.any(stop) || c.any(not|no|done) {
		return finding{}
	}
	if c.alien == 0 && !c.any(told|goods|data|handle|offer) && !c.open() {
		if c.asks && !c.politely() {
			return finding{}
		}
		return c.doubtful(finding{Stop, bare})
	}
	if w := c.words[0]; w.is&stop != 0 && w.loud && c.alien <= 3 {
		return unclear()
	}
	return finding{}
}

// annoyance: words that smell of a withdrawal and do not say what of.
func annoyance(c *clause) finding {
	switch {
	case c.only(small) && c.named("raus"):
		return unclear()
	case c.tells() && c.alien > 2 && !c.any(weary), c.any(goods) && !c.any(weary):
		return finding{}
	case c.any(weary) && c.alien <= 6:
		return unclear()
	case c.any(tired) && c.any(message|advert|reach|quit|channel|bother) && !c.open() && !c.yesOrNo() && c.alien <= 2:
		return unclear()
	case (c.opened&how != 0 || c.asks) && c.any(quit|unsub|stop) && c.any(this|message) && c.alien <= 1 && !c.any(goods|data|handle):
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
		c.any(not) && c.any(more) && c.alien == 0 && (c.any(wish) || len(c.words) <= 4) && !c.any(told|get|store|consent|data|handle|inform),
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

// starting takes a STOP back.
func starting(c *clause) finding {
	if c.any(begin) && c.only(begin) && !c.asks && len(c.words) <= 4 {
		return finding{Start, bare}
	}
	return finding{}
}
