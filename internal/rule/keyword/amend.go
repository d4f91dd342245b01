package keyword

import (
	"regexp"
	"slices"
	"strings"
)

// signature is what a program puts below a message.
var signature = regexp.MustCompile(`(?i)\n\s*(?:--\s*\n\s*)?(?:gesendet von (?:mein|outlook|yahoo|mail)[^\n]{0,40}|von meinem [^\n]{1,30} gesendet[^\n]{0,5}|sent from (?:my|outlook|yahoo|mail)[^\n]{0,40}|get outlook for [^\n]{1,20})\s*$`)

// repeated are the words around a STOP of which she tells that she has said it,
// and what it means.
var repeated, claiming = set("ich hab habe hatte haben wir doch schon bereits ja nun jetzt euch ihnen dir mehrmals zweimal dreimal oft mehrfach i we have had already you to told nochmal heisst bedeutet ist means is"),
	set("geschrieben gesagt geschickt gesendet getippt sagte schrieb said wrote sent typed texted heisst bedeutet means")

// firmly are those of them with which it is said again, not only told.
var firmly = set("doch sagte said heisst bedeutet means")

// waiting are the words of somebody who wants a moment, hesitating those beside them.
var waiting, hesitating = set("moment momentchen warte warten wait second sec sekunde augenblick"), set("mal kurz einen eine oh ups ach hold on a one")

// lost are the words for a death, a reason that makes any signing off clear.
var lost = set("verstorben gestorben tot verschieden died deceased")

// parts are single things of a person that may be deleted without all the rest.
var (
	booked    = regexp.MustCompile(` (?:termins?|terminen|appointments?|buchung|booking|reservierung|reservation) `)
	outdated  = regexp.MustCompile(` (?:alte|alten|fruehere|vorherige|old|former|previous) (?:\w+ )?(?:adresse|anschrift|nummer|telefonnummer|handynummer|mailadresse|address|number|email) `)
	whole     = regexp.MustCompile(` (?:alle|alles|aller|saemtliche|saemtlichen|all|everything|meine daten|meiner daten|my data) `)
	wording   = regexp.MustCompile(`(?i)nicht mehr ["„“”«»‚‘'][\pL ]{1,30}["„“”«»‚‘']`)
	ownPlan   = regexp.MustCompile(` (?:mein|meinen|my) (?:abo|abonnement|subscription) (?:\w+ ){0,2}$`)
	onlyThese = regexp.MustCompile(` (?:nur|only) .*(?:erinnerung|reminder|bestaetigung|confirmation).* (?:sonst nichts|nichts anderes|nichts sonst|nothing else) `)
	begged    = regexp.MustCompile(`^ (?:kann|koennte|koennen|koennt|koenntet|koennten|can|could) (?:ich|wir|sie|ihr|i|we|you) (?:bitte|please) `)
	firstThen = regexp.MustCompile(`^ (?:bitte )?(?:erst |zuerst )?(?:auskunft|datenauskunft|my data|meine daten) (?:und )?(?:dann|danach|anschliessend|and then|then) (?:\w+ )?(?:loeschen|loeschung|delete|erase) $`)
)

// amend corrects what the rules find word by word, by what a short message says as
// a whole.
func (s Set) amend(said Said, message string, words []token) Said {
	if len(words) == 0 {
		return said
	}
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = w.word
	}
	line := " " + strings.Join(all, " ") + " "
	stops := slices.Contains(all, "stop") || slices.Contains(all, "stopp")
	switch m := said.Meaning; {
	case m == Stop && stops && hesitates(words):
		if isStop(all[0]) {
			return Said{Meaning: Ask, Locale: said.Locale}
		}
		return Said{}
	case m == Stop && (wording.MatchString(message) && !stops):
		return Said{}
	case m == Stop && !stops && ownPlan.MatchString(line):
		return Said{Meaning: Ask, Locale: said.Locale} // a contract, perhaps
	case m == Erase && said.Also == None && !whole.MatchString(line) && (booked.MatchString(line) || outdated.MatchString(line)):
		return Said{}
	case m == Marketing && len(all) > 2 && isStop(all[0]) && isStop(all[len(all)-1]), (m == None || m == Ask) && stops && !strings.Contains(message, "?") && insists(words):
		return Said{Meaning: Stop, Locale: said.Locale}
	case m.Ends():
		return s.beside(said, message)
	case m != None && m != Ask:
	case m == None && len(all) > 1 && isStop(all[0]) && words[0].after == inquiry:
		return Said{Meaning: Ask, Locale: said.Locale} // "STOP? Oder wie geht das?"
	case m == None && begged.MatchString(line) && strings.HasSuffix(strings.TrimSpace(message), "?"):
		parts := joint.Split(strings.TrimRight(strings.TrimSpace(message), "? "), -1)
		if last := s.hear(parts[len(parts)-1]); len(parts) > 1 && last.Meaning.Ends() {
			return last
		}
	case onlyThese.MatchString(line):
		return Said{Meaning: Marketing, Locale: said.Locale}
	case firstThen.MatchString(line):
		return Said{Meaning: Erase, Locale: said.Locale}
	case len(all) == 1 && words[0].loud && (all[0] == "cancel" || all[0] == "end"):
		return Said{Meaning: Ask, Locale: said.Locale} // of a text message they would be a STOP
	case len(all) <= 3 && stops && strings.Contains(message, "\n"):
		if joined := s.hear(strings.Join(strings.Fields(message), " ")); joined.Meaning.Ends() {
			return joined
		}
	case m == None && slices.ContainsFunc(all, func(w string) bool { return lost[w] }):
		return s.bereaved(message)
	}
	return said
}

// joint are the words that join two wishes.
var joint = regexp.MustCompile(`(?i)\s(?:und|and|sowie|plus)\s`)

// beside adds the right that is asked for in the same breath: "STOP und Auskunft".
func (s Set) beside(said Said, message string) Said {
	parts := joint.Split(message, -1)
	if len(parts) == 1 {
		return said
	}
	for _, part := range parts {
		if other := s.hear(part); other.Meaning.right() != None {
			said = said.With(other)
		}
	}
	return said
}

func isStop(word string) bool { return word == "stop" || word == "stopp" }

// hesitates reports whether a STOP asks for a moment: "Moment, stop".
func hesitates(words []token) bool {
	waits := false
	for _, w := range words {
		if w.loud || !isStop(w.word) && !waiting[w.word] && !hesitating[w.word] {
			return false
		}
		waits = waits || waiting[w.word]
	}
	return waits
}

// insists reports whether somebody says again that she has said STOP.
func insists(words []token) bool {
	says, firm := false, isStop(words[0].word)
	for _, w := range words {
		if !isStop(w.word) && !repeated[w.word] && !claiming[w.word] && !w.courteous() {
			return false
		}
		firm = firm || firmly[w.word]
		says = says || claiming[w.word]
	}
	return says && firm
}

// bereaved is what a message says that tells of a death: what ends by one of its
// sentences ends.
func (s Set) bereaved(message string) Said {
	for sentence := range strings.FieldsFuncSeq(message, func(r rune) bool { return strings.ContainsRune(".!\n;", r) }) {
		if said := s.hear(sentence); said.Meaning.Ends() {
			return said
		}
	}
	return Said{}
}
