package keyword

// kernel is the core of a wish: an act and what it is to be done to. What stands
// around the two changes little; what stands between them may change all.
type kernel struct {
	act, object class
	both        class // stands somewhere in the clause
	begins      bool  // the act stands first: "Löschung aller Daten"
	from        bool  // the object follows a word of leaving: "vom", "aus", "from"
	means       Meaning
}

// kernels are the cores of clear wishes, the ones that say more first.
var kernels = []kernel{
	{act: unsub | stop, object: advert | bargain, means: Marketing},
	{act: quit, object: advert | bargain, means: Marketing},
	{act: no, object: advert | bargain, both: more | reach | get, means: Marketing},
	{act: pull | erase, object: advert, both: me | mine, from: true, means: Marketing},
	{act: pull, object: advert, from: true, means: Marketing},
	{act: pull | erase | unsub | quit, object: list, both: me | mine, from: true, means: Stop},
	{act: pull | erase | unsub, object: message, both: me | mine, from: true, means: Stop},
	{act: no, object: message, both: more | reach | get, means: Stop},
	{act: stop | unsub, object: message, means: Stop},
	{act: erase, object: data, both: mine | about, means: Erase},
	{act: erase, object: data, begins: true, means: Erase},
}

// leaving are words behind which stands what one leaves.
var leaving = set("von vom aus ausm from off out de della del dalla van uit")

// core finds the core of a clear wish, whatever else is said around it.
func core(c *clause) finding {
	if c.any(list) && (c.any(wish) && c.any(me) && c.named("off", "out") || c.named("keep") && c.any(me) && c.named("off")) && c.alien == 0 && !c.any(told&^store|not|no|goods) && !c.asks {
		if c.any(advert) {
			return c.doubtful(finding{Marketing, sure})
		}
		return c.doubtful(finding{Stop, sure}) // "I want off this list"
	}
	if c.any(reach|erase|pull|unsub) && c.behindLeavingAny(advert|bargain) && c.any(me|unsub|erase) && c.any(unsub|pull|erase) && c.alien == 0 && !c.any(told|goods|not|no|data|begin) && !c.asks {
		return c.doubtful(finding{Marketing, sure}) // "Meldet mich von den Angeboten ab"
	}
	if c.any(list) && c.any(wish) && c.any(me) && c.any(not) && c.any(more) && c.named("stehen", "sein", "bleiben", "be", "stay") && c.alien == 0 && !c.any(goods|told|begin) && !c.asks {
		if c.any(advert) {
			return c.doubtful(finding{Marketing, sure})
		}
		return c.doubtful(finding{Stop, sure}) // "Ich will nicht mehr im Verteiler sein"
	}
	if c.any(unsub) && c.named("nummer", "telefonnummer", "handynummer", "number") && c.only(unsub|handle|polite) && !c.asks {
		return finding{Stop, sure}
	}
	if c.any(pull) && c.named("raus", "heraus") && c.any(mine) && c.named("nummer", "telefonnummer", "handynummer", "nr") && c.alien == 0 && !c.any(told|goods|data|not|no) && !c.asks {
		return c.doubtful(finding{Stop, sure}) // "nehmt meine Nummer raus"
	}
	if c.tells() || c.open() || c.yesOrNo() || c.denies() || c.refuses() || c.asks && !c.politely() || c.any(begin|goods|others|what|why|how|when|bother) || c.alien > 6 || c.wonders() {
		return finding{}
	}
	if c.any(told) && !c.any(wish|polite) || c.words[0].is&mine != 0 && len(c.words) > 1 && c.words[1].is == 0 {
		return finding{} // "mein Handy zeigt keine Nachrichten mehr"
	}
	for _, k := range kernels {
		if !c.any(k.act) || k.both != 0 && !c.any(k.both) || k.begins && c.opened&k.act == 0 {
			continue
		}
		if c.close(k) {
			return c.doubtful(finding{k.means, sure})
		}
	}
	return finding{}
}

// close reports whether act and object stand in a clause and nothing unknown but
// an adjective between them.
func (c *clause) close(k kernel) bool {
	for i, act := range c.words {
		if act.is&k.act == 0 || act.is&small != 0 && act.is&k.act&(quit|erase|pull) != 0 {
			continue
		}
		for j, object := range c.words {
			if i == j || object.is&k.object == 0 || k.from && !c.behindLeaving(j) {
				continue
			}
			if k.object&message != 0 && object.is&one != 0 && k.act&no == 0 {
				continue // "lösche diese Nachricht"
			}
			if c.between(min(i, j), max(i, j)) {
				return true
			}
		}
	}
	return false
}

// behindLeaving reports whether a word of leaving stands before a word and what
// describes it.
func (c *clause) behindLeaving(j int) bool {
	for k := j - 1; k >= max(0, j-3); k-- {
		if leaving[c.words[k].word] {
			return true
		}
		if w := c.words[k]; w.is&^(small|you|mine|this|no) != 0 && w.is != 0 {
			return false
		}
	}
	return false
}

// between reports whether nothing unknown stands between two words, but what
// describes the second.
func (c *clause) between(i, j int) bool {
	for k := i + 1; k < j; k++ {
		w := c.words[k]
		if w.is == 0 && !(k == j-1 && describes(w.word)) || w.is&(told|suppose|others|goods) != 0 && w.is&(small|mine|you|me) == 0 {
			return false
		}
	}
	return true
}

// describes reports whether a word has the ending of an adjective.
func describes(word string) bool {
	if len(word) < 5 {
		return false
	}
	switch last := word[len(word)-1]; last {
	case 'e', 'y', 'l', 'd':
		return true
	default:
		return word[len(word)-2:] == "en" || word[len(word)-2:] == "er" || word[len(word)-2:] == "es" || word[len(word)-2:] == "em"
	}
}

// behindLeavingAny reports whether a word of a class is left: "aus dem Newsletter".
func (c *clause) behindLeavingAny(of class) bool {
	for j, w := range c.words {
		if w.is&of != 0 && c.behindLeaving(j) {
			return true
		}
	}
	return false
}
