package keyword

import (
	"embed"
	"strings"
)

// ending is how a compound begins and ends.
type ending struct {
	prefix, suffix string
	is             class
}

// beginning and ended have the endings by their first letter, those without a
// beginning by their last.
var beginning, ended = func() (first, last [256][]ending) {
	for _, e := range endings {
		if e.prefix != "" {
			first[e.prefix[0]] = append(first[e.prefix[0]], e)
		} else {
			last[lastOf(e.suffix)] = append(last[lastOf(e.suffix)], e)
		}
	}
	return first, last
}()

// endings give compounds their class: German makes them as it likes.
var endings = []ending{
	{"werbe", "", advert}, {"werbung", "", advert}, {"", "werbung", advert}, {"", "newsletter", advert}, {"newsletter", "", advert}, {"marketing", "", advert}, {"", "marketing", advert}, {"reklame", "", advert}, {"promo", "", advert},
	{"", "angebote", offer | bargain}, {"", "angeboten", offer | bargain}, {"", "gutscheine", offer | bargain}, {"", "rabatte", offer | bargain}, {"", "aktionen", offer | bargain}, {"", "mails", offer}, {"", "infos", offer}, {"", "flyer", advert},
	{"", "kampagnen", advert}, {"", "prospekte", advert}, {"", "empfehlungen", offer}, {"", "schnaeppchen", advert}, {"", "neuheiten", offer}, {"", "reklame", advert},
	{"", "nachrichten", message}, {"", "benachrichtigungen", message}, {"", "daten", data},
	{"loesch", "ersuchen", erase}, {"loesch", "begehren", erase}, {"loesch", "antrag", erase}, {"loesch", "verlangen", erase}, {"loesch", "anfrage", erase}, {"loesch", "wunsch", erase}, {"loesch", "forderung", erase}, {"auskunft", "", report},
	{"", "verteiler", list}, {"kontakt", "liste", list}, {"empfaenger", "liste", list}, {"adress", "liste", list}, {"mail", "liste", list}, {"kunden", "liste", list}, {"telefon", "liste", list}, {"whatsapp", "liste", list}, {"broadcast", "liste", list}, {"nummern", "liste", list}, {"chat", "liste", list}, {"info", "liste", list}, {"werbe", "liste", list}, {"newsletter", "liste", list},
	{"", "datenbank", archive}, {"", "kartei", archive}, {"", "system", archive},
	{"", "einwilligung", consent}, {"datenschutz", "", law}, {"belaestig", "", weary}, {"bestell", "", goods}, {"liefer", "", goods},
}

// unlike are words that end like one of these and are none.
var unlike = set("sprachnachrichten videonachrichten audionachrichten soldaten kandidaten mandaten bewerbung umwerbung bewerbungen checkliste preisliste wunschliste einkaufsliste warteliste stückliste packliste promovieren promovierte messdaten promille werbeaufdruck werbeaufdrucke werbeagentur werbeschild werbeschilder werbetafel werbeflaeche werbegeschenk werbegeschenke werbetechnik werbetechniker werbeplakat werbeplakate werbebranche werbung")

// entry is a word of the table. Of some that count together it is the first:
// longest is how many words they are at most, second which first letters their
// second words have, a bit for each.
type entry struct {
	word      string
	is        class
	lang      lang
	longest   int
	second    uint64
	splits    bool // a part of it may stand at the end, see separable
	courteous bool // see courtesy
}

// lexicon has the words by themselves, joined those that count together.
var lexicon, joined map[string]*entry

func init() {
	lexicon, joined = map[string]*entry{}, map[string]*entry{}
	read(lists)
	for form := range separable {
		add(lexicon, form, 0, 0).splits = true
	}
	for word := range courtesy {
		add(lexicon, word, 0, 0).courteous = true
	}
	raw, err := lists.ReadFile("words/" + dialects)
	if err != nil {
		panic(err)
	}
	readDialect(string(raw))
}

// dialects is the list that leads to the others.
const dialects = "dialect.txt"

// lists are the words of each language. A line that begins at the margin names
// the parts that the words of the indented lines below it can play; commas stand
// between words, and words that stand together count together.
//
//go:embed words/*.txt
var lists embed.FS

// languages leads from the first word of a list's name to its language; all
// others are foreign.
var languages = map[string]lang{"german": german, "english": english}

// read fills the lexicon. A list that cannot be read is a mistake of ours.
func read(lists embed.FS) {
	files, err := lists.ReadDir("words")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		raw, err := lists.ReadFile("words/" + file.Name())
		if err != nil {
			panic(err)
		}
		if file.Name() == dialects {
			continue
		}
		language, topic, _ := strings.Cut(strings.TrimSuffix(file.Name(), ".txt"), "-")
		verbs := topic == "verbs"
		l := languages[language]
		if l == 0 {
			l = foreign
		}
		var is class
		for line := range strings.Lines(string(raw)) {
			said, _, _ := strings.Cut(line, "#")
			if !strings.HasPrefix(said, " ") {
				is = classes(said, file.Name(), is)
				continue
			}
			for written := range strings.SplitSeq(said, ",") {
				if verbs {
					learnVerb(written, is, l)
				} else {
					learn(written, is, l)
				}
			}
		}
	}
}

// classes reads the line above a list of words; an empty one changes nothing.
func classes(line, file string, before class) class {
	if strings.TrimSpace(line) == "" {
		return before
	}
	var is class
	for name := range strings.SplitSeq(line, "+") {
		one := named[strings.TrimSpace(name)]
		if one == 0 {
			panic(file + " has words of no class: " + line)
		}
		is |= one
	}
	return is
}

// learn adds a word, or some that count together.
func learn(written string, is class, l lang) {
	for _, word := range spellings(strings.TrimSpace(written)) {
		first, rest, several := strings.Cut(word, " ")
		switch {
		case word == "":
		case several:
			second, _, _ := strings.Cut(rest, " ")
			add(joined, word, is, l)
			e := add(lexicon, first, 0, 0)
			e.longest, e.second = max(e.longest, strings.Count(word, " ")+1), e.second|initial(second)
		default:
			add(lexicon, word, is, l)
		}
	}
}

func add(to map[string]*entry, word string, is class, l lang) *entry {
	e := to[word]
	if e == nil {
		e = &entry{word: word}
		to[word] = e
	}
	e.is, e.lang = e.is|is, e.lang|l
	return e
}

// initial is a bit for the first letters of a word.
func initial(word string) uint64 {
	h := uint(word[0])
	if len(word) > 1 {
		h += 5 * uint(word[1])
	}
	return 1 << (h % 64)
}

// otherwise are words that mean something else without their umlaut.
var otherwise = map[string]bool{"hatte": true, "hatten": true, "wurde": true, "wurden": true, "waren": true, "store": true}

// spellings are a word as it is compared, also written without its umlauts.
func spellings(written string) []string {
	folded := fold(written)
	bare := fold(strings.NewReplacer("ä", "a", "ö", "o", "ü", "u").Replace(written))
	if bare == folded || otherwise[bare] {
		return []string{folded}
	}
	return []string{folded, bare}
}

func set(list string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(list) {
		all[fold(w)] = true
	}
	return all
}
