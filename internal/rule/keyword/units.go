package keyword

import "einklang/internal/rule/pii"

// unit is a sentence, or a part of one, and what was found in it.
type unit struct {
	pii.Personal
	clause
	finding
	also  Meaning
	empty bool // nothing but courtesy, a greeting or a name
	begin mark // what stands before it
}

// apartFrom takes a message apart as far as that tells more.
func apartFrom(words []token) []unit {
	var all []unit
	before := line
	for _, sentence := range sentences(words) {
		whole := find(sentence)
		pieces := parts(sentence)
		whole.begin = before
		before = sentence[len(sentence)-1].after
		if len(pieces) > 1 && whole.means == Marketing {
			if first := find(pieces[0]); first.means == Stop && !first.any(advert|offer) && (first.any(nothing) || first.every() || whole.named("neither", "weder")) {
				whole.finding = finding{Stop, sure} // "gar nichts mehr, keine Werbung, keine Termine"
			}
		}
		if len(pieces) == 1 || whole.quotes() || whole.empty || whole.weight >= bare && whole.means != Access {
			all = append(all, whole)
			continue
		}
		var found []unit
		most := light
		for i, piece := range pieces {
			u := find(piece)
			u.begin = whole.begin
			if i > 0 {
				u.begin = pieces[i-1][len(pieces[i-1])-1].after
			}
			found = append(found, u)
			most = max(most, u.weight)
		}
		if whole.any(suppose) {
			for i := range found { // "Ich überlege, mich abzumelden."
				if found[i].weight == bare && found[i].means.Ends() {
					found[i].finding = unclear()
				}
			}
		}
		if most == light && whole.weight == hint {
			for i := range found {
				if found[i].ofSomething() && !found[i].any(ours&^(you|noise)) {
					whole.finding = finding{} // "Der Lärm nervt, können Sie das prüfen?"
				}
			}
		}
		found, most = bridge(pieces, sentence, found, most)
		if most >= whole.weight {
			all = append(all, found...)
			continue
		}
		all = append(all, whole)
	}
	for i := 1; i < len(all); i++ { // "Von eurer Werbung habe ich genug, bitte keine mehr schicken."
		u := &all[i]
		if u.weight <= hint && u.any(no|not|nothing) && u.any(more) && u.any(reach|get|wish) && u.alien == 0 && !u.any(message|often|goods|told) && spoken(all[:i], advert|bargain) || u.weight <= hint && all[i-1].means == Ask && u.any(no) && u.any(more) && u.only(no|more|wish|polite|you|me) && spoken(all[:i], advert|bargain) {
			u.finding = finding{Marketing, sure}
		}
	}
	for i := 1; i < len(all); i++ { // "Von euren Angeboten habe ich genug, bitte nicht mehr schicken."
		if u, o := &all[i], &all[i-1]; u.means == Stop && u.any(reach) && u.any(more) && !u.any(message|nothing|channel|consent) && !u.named("schreiben", "schreibt") && !u.named("mich", "uns") && !u.any(bother) && u.named("schicken", "schickt", "senden", "sendet", "zusenden", "zuschicken", "send", "sending") && o.any(bargain|advert) && o.any(tired|weary|not|no) {
			u.finding = finding{Marketing, sure}
		}
	}
	for i := 1; i < len(all); i++ { // "Werbung? Nein danke."
		if u := &all[i-1]; u.asks && u.only(advert) && u.any(advert) && all[i].any(nay) && all[i].only(nay) {
			u.finding = finding{Marketing, sure}
		}
	}
	for i := 1; i < len(all); i++ { // "Das war hoffentlich die letzte Nachricht, bitte keine mehr."
		if u := &all[i]; all[i-1].means == Ask && u.any(no|nothing) && u.any(more) && u.only(no|nothing|more|wish|polite|you|me|reach|get|this) && spoken(all[:i], message|channel) {
			u.finding = finding{Stop, sure}
		}
	}
	confirm(all)
	elsewhere(all)
	refer(all)
	resume(all)
	return signed(all)
}

// find looks for a wish.
func find(words []token) unit {
	u := unit{clause: weigh(words)}
	if u.missing() {
		return u
	}
	for _, one := range rules {
		if u.refuses() && !u.any(weary|noise) {
			if u.any(suppose) && u.any(unsub) && u.any(me) && u.alien == 0 {
				u.finding = unclear() // "Ich überlege, ob ich mich nicht abmelden soll."
			}
			break
		}
		f := one(&u.clause)
		if f.means.Ends() && u.any(stop) && u.any(told) && u.named("geschrieben", "geschickt", "gesendet", "gesagt", "wrote", "sent", "said", "typed") {
			f = unclear() // of a STOP it is told
		}
		switch {
		case f.means == None, f.means == Ask && u.foreign():
		case u.means == None:
			u.finding = f
		case f.weight == sure && f.means.Ends() && u.means == Erase:
			u.also = f.means
		}
		if u.means != None && u.means != Erase {
			break
		}
	}
	if u.means == None {
		u.finding = estranged(&u.clause)
	}
	c := &u.clause
	u.empty = u.means == None && !c.any(quit|unsub|pull) && (c.only(greeting|farewell|you|nay|me) ||
		c.words[0].is&(greeting|farewell) != 0 && c.alien <= 4 && !c.any(told|message|reach|erase|stop|goods|data) && len(c.words) <= 7)
	return u
}

// signed leaves out the name of the writer at the end.
func signed(all []unit) []unit {
	for i := len(all) - 1; i > 0 && i >= len(all)-2; i-- {
		u := &all[i]
		if u.means != None || u.empty {
			continue
		}
		name := u.alien <= 2 && u.alien == len(u.words)
		thanks := u.words[0].is&small != 0 && u.alien <= 2 && len(u.words) <= 4 && !u.any(goods|told)
		if (name && (u.begin >= line || all[i-1].empty)) || thanks && i == len(all)-1 && courtesy[u.words[0].word] {
			u.empty = true
		}
	}
	return all
}

// decide puts together what the units of a message say.
func decide(all []unit) Said {
	var best [sure + 1]Said
	other, stopAt := 0, -1
	for i := range all {
		u := &all[i]
		switch {
		case u.empty:
		case u.means == None:
			other++
		default:
			if u.means == Object || u.means == Erase && u.objects() {
				u.also = stronger(u.also, Marketing)
			}
			best[u.weight] = best[u.weight].With(Said{Meaning: u.means, Also: u.also})
			if u.means == Stop && u.weight == bare {
				stopAt = i
			}
		}
	}
	plain, alone, smell := best[sure], best[bare], best[hint].Meaning
	switch {
	case plain.Meaning != None:
		if stopAt >= 0 && plain.Meaning.right() != None {
			plain.Also = Stop
		}
		if stopAt >= 0 && plain.Meaning.Ends() {
			plain.Meaning = Stop
		}
		return plain
	case alone.Meaning == Stop && bidden(all):
		return alone
	case alone.Meaning != None && (other == 0 || smell != None && alone.Meaning.Ends()):
		return alone
	case stopAt >= 0:
		switch stops, reasons := halting(all); {
		case stops && reasons:
			return Said{Meaning: Stop}
		case stops || all[stopAt].settled():
			return Said{Meaning: Ask}
		case smell != None:
			return Said{Meaning: Ask}
		}
	case smell != None:
		return Said{Meaning: Ask}
	}
	return Said{}
}

// settled reports whether a STOP beside other words may be one: it stands alone
// in its line or its sentence.
func (u *unit) settled() bool {
	last := u.words[len(u.words)-1]
	return u.begin >= hard && (last.after >= line || last.after == hard && last.loud)
}

// stronger is the meaning that goes before another.
func stronger(a, b Meaning) Meaning {
	for _, m := range []Meaning{Erase, Object, Stop, Marketing, Access, Start, Ask} {
		if a == m || b == m {
			return m
		}
	}
	return None
}

// localeOf is the language of the words that mean something.
func localeOf(all []unit) string {
	var de, en int
	for i := range all {
		for _, w := range all[i].words {
			switch {
			case w.is == 0:
			case w.lang&german != 0 && w.lang&english == 0:
				de++
			case w.lang&german == 0 && w.lang != 0:
				en++
			}
		}
	}
	switch {
	case de > en:
		return "de"
	case en > 0:
		return "en"
	}
	return ""
}
