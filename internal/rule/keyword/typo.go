package keyword

import "strings"

// main are the words that are recognised with a letter too much, too few,
// wrong or in the wrong place. All are so long that few words lie near them.
var main = strings.Fields(`abmelden abmeldung abbestellen abbestellung werbung newsletter nachrichten nachricht einwilligung zustimmung widerrufe widerspreche loeschen loesche
	unsubscribe messages advertising promotions welche stoppen stoppt personenbezogenen gespeichert auskunft schicken schreiben moechte erhalten bekommen delete consent widerruf angebote`)

// near are real words beside one of these.
var near = set(`anmelden anmeldung ummelden ummeldung wertung werdung werbungs massage massages passagen loschen lochen schenken schichten schickten bestellen bestellung ermeldung
	erhalte gehalten behalten anhalten schreiten schneiden stopfen stoppel bekommt mochte mochten umstellen vermelden anstellen abstellen ausgaben angebot gespeichern schrieben beschreiben
	schrecken stricken stoppte content tontent select debate athalten verhalten enthalten halten erhielten abmelde nachrichter beschicken`)

// short are the slips in STOP, which is too short to guess.
var stopSlips = set("sotp stpo tsop stopo sttop stopl stio stoo xtop sto0 st0p stopo stopt stoip sotop stopi stap0 stpp stopj dtop stoppp")

// swapped are short words that are recognised with two letters swapped.
var swapped = set("keine nicht mehr daten meine mich mir euch welche data more stop send bitte habt meiner dont text ads the again")

// dropped leads from a short word without one of its inner letters to the word.
var dropped = map[string]string{"datn": "daten", "daen": "daten", "dten": "daten", "keie": "keine", "kene": "keine", "meie": "meine", "mene": "meine", "nict": "nicht", "niht": "nicht", "ncht": "nicht"}

// slips leads from a word without one of its letters to the word.
var slips = func() map[string][]string {
	all := map[string][]string{}
	for _, w := range main {
		for _, cut := range shorter(w) {
			all[cut] = append(all[cut], w)
		}
		all[w] = append(all[w], w)
	}
	return all
}()

func shorter(w string) []string {
	all := make([]string, 0, len(w))
	for i := range w {
		all = append(all, w[:i]+w[i+1:])
	}
	return all
}

// misspelt is the entry of the word that was meant; the zero entry if none is
// near enough.
func misspelt(word string) *entry {
	if stopSlips[word] {
		return lexicon["stop"]
	}
	if len(word) < 4 || len(word) > 24 {
		return nil
	}
	if calm := unrepeated(word); calm != word {
		if e := lexicon[calm]; e != nil && len(calm) > 3 {
			return e
		}
		if e := lexicon[unrepeatedTwice(word)]; e != nil && len(calm) > 3 {
			return e
		}
	}
	if near[word] {
		return nil
	}
	for i := 1; i < len(word) && len(word) <= 8; i++ {
		if word[i] == word[i-1] && swapped[word[:i]+word[i+1:]] {
			return lexicon[word[:i]+word[i+1:]]
		}
	}
	if len(word) <= 5 {
		var buffer [8]byte
		for i := 1; i < len(word); i++ {
			meant := append(buffer[:0], word...)
			meant[i-1], meant[i] = meant[i], meant[i-1]
			if swapped[string(meant)] {
				return lexicon[string(meant)]
			}
		}
	}
	for i := 1; i < len(word) && len(word) == 6; i++ {
		if word[:i]+word[i+1:] == "daten" {
			return lexicon["daten"]
		}
	}
	if len(word) == 4 {
		return lexicon[dropped[word]]
	}
	for _, meant := range slips[word] {
		if apart(word, meant) {
			return lexicon[meant]
		}
	}
	var buffer [24]byte
	for i := range word {
		for _, meant := range slips[string(append(append(buffer[:0], word[:i]...), word[i+1:]...))] {
			if apart(word, meant) {
				return lexicon[meant]
			}
		}
	}
	return nil
}

// unrepeated writes a letter once that stands three times or more; at the end
// of a word also twice ("stopppp", "stoooop").
func unrepeated(word string) string {
	var b strings.Builder
	for i := 0; i < len(word); {
		n := 1
		for i+n < len(word) && word[i+n] == word[i] {
			n++
		}
		b.WriteByte(word[i])
		if n == 2 {
			b.WriteByte(word[i])
		}
		i += n
	}
	return b.String()
}

// unrepeatedTwice keeps two of what stands three times or more.
func unrepeatedTwice(word string) string {
	var b strings.Builder
	for i := range word {
		if i < 2 || word[i] != word[i-1] || word[i] != word[i-2] {
			b.WriteByte(word[i])
		}
	}
	return b.String()
}

// apart reports whether two words differ by one slip: a letter more, less or
// other, or two in the wrong order. The first letter is right in most slips.
func apart(a, b string) bool {
	if a[0] != b[0] && (len(a) < 2 || a[0] != b[1] || a[1] != b[0]) {
		return false
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	switch {
	case a == b:
		return true
	case len(a) == len(b)+1:
		return a[1:] == b
	case len(b) == len(a)+1:
		return b[1:] == a
	case len(a) != len(b):
		return false
	}
	return a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
}
