package keyword

import "strings"

// determiners stand before what is spoken of.
var determiners = set("der die das den dem des ein eine einen einem einer mein meine meinen meinem meiner unser unsere unseren unserem unserer vom am im zum zur beim the my our a an this his her their")

// pronouns are articles that stand alone as well: "das landet im Müll".
var pronouns = set("der die das den dem")

// causes stand before what annoys.
var causes = set("vom von beim mit am by about with over of")

// ofSomething reports whether a clause speaks of something that is none of our
// business: a thing that no list knows, behind an article or written as a noun.
func (c *clause) ofSomething() bool {
	for i := 1; i < len(c.words); i++ {
		w, before := c.words[i], c.words[i-1]
		switch {
		case before.after != space || w.is&(advert|message) != 0 || c.annoyed(i):
		case w.is&(goods|others|noise) != 0 && determiners[before.word]:
			return true
		case w.is != 0 || describes(w.word) && i+1 < len(c.words) && c.words[i+1].is&^(small|me|you) == 0:
		case w.big && !w.loud && (before.lang&german != 0 || before.is == 0), determiners[before.word] && !pronouns[before.word]:
			return true
		}
	}
	return false
}

// ours are the words that speak of what we send.
const ours = message | advert | offer | source | reach | gets | unsub | stop | channel | list | bother | consent | data | law | noise | you

// parting are words that say why somebody leaves.
var parting = set("anbieter arzt praxis schule umgezogen verzogen weggezogen gestorben verstorben tot ausgetreten gekuendigt gewechselt verkauft kunde kundin mitglied danke moved died passed left closed sold customer member thanks thank alles")

// halting lets a STOP that is a sentence of its own count beside others that only
// say why: "Stop. Ich bin umgezogen." With anything else it is unclear.
func halting(all []unit) (stops, reasons bool) {
	reasons = true
	for i := range all {
		u := &all[i]
		if u.means == Stop && u.weight == bare && u.any(stop) && u.halts(i == len(all)-1) {
			stops = true
			continue
		}
		if u.empty || u.means == Ask {
			continue
		}
		why := false
		for _, w := range u.words {
			why = why || parting[w.word]
		}
		reasons = reasons && why && !u.asks
	}
	for i := range all { // "Stop, ich habe noch eine Frage" is none
		u := &all[i]
		if end := u.words[len(u.words)-1]; u.means == Stop && u.weight == bare && u.begin >= hard && end.after < hard && i < len(all)-1 && !reasons {
			stops = len(u.words) > 1 && u.courteous() && end.loud
			reasons = stops
		}
	}
	return stops, reasons
}

// halts reports whether a STOP stands for itself: as a sentence of its own, or
// written in capitals behind a word of courtesy, "bitte STOP, ich …".
func (u *unit) halts(last bool) bool {
	end := u.words[len(u.words)-1]
	if u.begin >= hard && (end.after >= hard && end.after != inquiry || last) {
		return true
	}
	return u.begin >= hard && (end.after == soft || end.after == space)
}

// agreeing are verbs by which somebody says yes to what was asked just before.
var agreeing = []string{"machen", "macht", "mach", "tun", "tut", "erledigen", "erledigt", "veranlassen", "veranlasst", "do", "so", "go ahead"}

// confirm reads a wish that was put as a question, and said yes to: "Kann ich die
// Werbung abbestellen? Bitte machen Sie das."
func confirm(all []unit) {
	for i := 1; i < len(all); i++ {
		u, o := &all[i], &all[i-1]
		if u.means != None || o.means != Ask || !o.asks || !u.named(agreeing...) || !u.only(you|this|wish|polite|me|told) || u.asks || u.any(no|not) {
			continue
		}
		u.empty = false
		if o.any(advert|bargain) && o.any(unsub|stop|quit|no|not) {
			u.finding = finding{Marketing, sure}
		} else if o.any(message | unsub) {
			u.finding = finding{Stop, sure}
		}
	}
}

// missing reports whether she tells that nothing reaches her: "I'm not getting
// your newsletter".
func (c *clause) missing() bool {
	if c.any(not|no) && c.any(advert) && c.named("bekomme", "kriege", "erhalte", "bekam") && !c.any(wish|polite|nothing|weary) && c.any(joinedUp|told) && c.any(joinedUp) {
		return true
	}
	return c.any(not|no) && !c.any(wish|polite|stop|quit|unsub|weary|agree|consent|object) && !c.courteous() && c.opened&me != 0 && c.named("receive", "receiving", "received", "getting") && !c.named("like") || c.named("not receive", "not receiving")
}

// foreign reports whether what smells of a withdrawal speaks of something else: of
// a thing, or of what is well.
func (c *clause) foreign() bool {
	buzzes := c.any(noise) && c.named("phone", "handy", "telefon", "smartphone", "mobile")
	return !c.any(ours&^(bother|noise)) && !buzzes && c.ofSomething() || c.any(glad) && !c.any(ours|quit) && !c.named("bisschen seltener", "etwas seltener", "seltener", "weniger nachrichten")
}

// annoyed reports whether a thing belongs to a phrase of annoyance: "geht mir auf
// den Keks", but not "genervt vom Wetter".
func (c *clause) annoyed(i int) bool {
	for j := i - 1; j >= max(0, i-3); j-- {
		if w := c.words[j]; causes[w.word] {
			return false
		} else if w.is&(weary|tired) != 0 {
			return !strings.HasSuffix(w.word, "reicht")
		}
	}
	return false
}

// bidden reports whether somebody asks in a last sentence to be signed off, and
// says before only why: "Ich habe nun alles, bitte abmelden."
func bidden(all []unit) bool {
	last := &all[len(all)-1]
	for i := len(all) - 1; i > 0 && all[i].empty; i-- {
		last = &all[i-1]
	}
	if last.means != Stop || last.weight != bare || !last.any(unsub) || !last.courteous() {
		return false
	}
	for i := range all {
		u := &all[i]
		if u == last || u.empty {
			continue
		}
		if u.alien > 0 || u.asks || u.any(goods|others|data|begin|stop) || u.ofSomething() || u.named("aber", "but") {
			return false
		}
	}
	return true
}
