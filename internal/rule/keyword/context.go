package keyword

// bridge reads neighbouring parts of a sentence together, where they ask only so
// for data or for their deletion: "alles löschen, was Sie von mir haben".
func bridge(pieces [][]token, sentence []token, found []unit, most weight) ([]unit, weight) {
	begin := 0
	for i := 0; i+1 < len(pieces); i++ {
		both := len(pieces[i]) + len(pieces[i+1])
		has := found[i].has | found[i+1].has
		if has&(data|about|handle|archive) != 0 && has&(erase|store|pull) != 0 && found[i].weight <= hint && found[i+1].weight <= hint {
			u := find(sentence[begin : begin+both])
			if u.weight == sure && (u.means == Erase || u.means == Access) {
				found[i].finding, most = u.finding, sure
			}
		}
		begin += len(pieces[i])
	}
	return found, most
}

// resume reads what is to end from the sentences before: "Ihre Angebote las ich
// gern, nun möchte ich das beenden."
func resume(all []unit) {
	for i := 1; i < len(all); i++ {
		u := &all[i]
		if u.any(quit|stop) && u.any(this) && u.weight <= hint && u.alien == 0 && !u.asks && !u.any(goods|no|not|told|advert|message|data) && all[i-1].means == Ask && spoken(all[:i], message) && !spoken(all[:i], advert|bargain) {
			u.finding = finding{Stop, sure} // "Eure Nachrichten nerven. Stellt das bitte ein."
			continue
		}
		if (u.means == Stop && u.weight == bare && u.any(unsub) || u.weight <= hint && u.any(quit|stop|unsub)) && u.only(unsub|quit|stop|polite|wish|you|me|this) && !u.asks && spoken(all[:i], advert) && !all[i-1].asks {
			u.finding = finding{Marketing, sure} // "Den Newsletter habe ich nie gelesen, bitte abbestellen."
			continue
		}
		if u.any(goods|no|not|nothing|told|advert|message|channel) || u.open() || !spoken(all[:i], advert|offer) {
			continue
		}
		if u.means == Stop && u.any(consent) && u.named("diese", "dieser", "die", "this", "that") || u.weight <= hint && !u.yesOrNo() && u.any(quit|stop|unsub) && u.any(get|reach|this) && u.alien <= 1 && (u.any(wish|polite) && u.any(me) || u.any(reach|this) && u.named("bitte", "please")) {
			u.finding = finding{Marketing, sure}
		}
	}
}

// refer reads what is to be deleted from the sentences around: "Sie haben noch
// meine Daten? Bitte löschen."
func refer(all []unit) {
	for i := range all {
		u := &all[i]
		if !u.any(erase) || u.weight == sure || u.any(goods|others|no|not|told|advert|list|message) || u.asks && !u.politely() || u.open() || u.alien > 2 {
			continue
		}
		for j := max(0, i-3); j < min(len(all), i+2); j++ {
			o := &all[j]
			if j != i && !o.any(goods|others) && (o.any(data) && (o.any(mine|about) || o.alien == 0) || o.any(handle) && o.any(mine) && o.any(store)) {
				u.finding = finding{Erase, sure}
				if o.means == Access || o.means == Ask {
					o.finding = finding{}
				}
			}
		}
	}
}

// spoken reports whether units speak of something.
func spoken(all []unit, of class) bool {
	for i := range all {
		if all[i].any(of) {
			return true
		}
	}
	return false
}

// elsewhere drops what smells only by pointing at something, or by complaining,
// where the sentence beside it speaks of something else: "Das Wasser läuft, wie
// kann ich das stoppen?"
func elsewhere(all []unit) {
	for i := range all {
		u := &all[i]
		if u.means != Ask || u.any(ours&^(you|noise|law)) {
			continue
		}
		complains := u.named("unverschaemtheit", "frechheit", "zumutung", "unverschaemt", "ridiculous", "rude", "unprofessional")
		if i+1 < len(all) { // "Das brauche ich nicht mehr, können Sie es abholen?"
			if o := &all[i+1]; o.asks && o.politely() && o.alien > 0 && o.means == None && !o.any(ours&^(you|noise|law)) {
				u.finding = finding{}
				continue
			}
		}
		for _, j := range []int{i - 1, i + 1} {
			if j < 0 || j >= len(all) || !complains && (j > i && !all[j].any(glad) && !(all[j].asks && !u.any(me|you)) || !u.any(this) && !all[j].any(glad) || u.any(weary) && (u.any(you) || j > i)) {
				continue
			}
			if o := &all[j]; o.means == None && !o.empty && o.subjects() >= 2 && !o.any(ours&^(you|noise|law)|weary) {
				u.finding = finding{}
			}
		}
	}
}

// subjects counts the words that tell of something else.
func (c *clause) subjects() int {
	n := 0
	for _, w := range c.words {
		if w.is == 0 || w.is&(goods|told|noise|others) != 0 {
			n++
		}
	}
	return n
}
