package keyword

// invites are words with which a text tells what to answer.
var invites = set(`antworten antworte antwortet schreiben schreib schreibe senden sende send sie_senden reply replying answer text respond write type mit with tippen tippe tap press click klicken
	abmelden abmeldung abbestellen abbestellung unsubscribe sagen genuegt einfach just wort word key keyword opt out`)

// Told reports whether a text tells with which word advertising ends (UWG §7(2)
// no. 3(b), GDPR Art. 21(4)). The word must be one that is obeyed; "stop" is an
// ordinary word too ("non-stop", "am Stop Hauptstraße"), so it counts where it is
// called for: "Antworten Sie mit STOP", "Abmelden: STOP", "STOP = keine Werbung".
func Told(text string) bool {
	words := look(split(text), exceptions{})
	for _, sentence := range sentences(words) {
		if toldIn(sentence) {
			return true
		}
	}
	return false
}

func toldIn(sentence []token) bool {
	c := weigh(sentence)
	invited := c.any(reach | unsub | advert | channel)
	for _, w := range sentence {
		invited = invited || invites[w.word]
	}
	for i, w := range sentence {
		if w.is&(stop|unsub) == 0 || c.any(goods) || c.any(not) && !c.any(more|advert|message) {
			continue
		}
		alone := len(sentence) == 1
		switch {
		case w.is&unsub != 0 && (alone || invited || c.any(you|me)):
			return true
		case w.is&stop != 0 && (w.loud || i > 0 && invites[sentence[i-1].word]) && (invited || alone):
			return true
		}
	}
	return false
}
