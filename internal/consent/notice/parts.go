package notice

import (
	"slices"
	"strings"
)

// A notice is written in parts, one for each thing that GDPR Art. 13 wants
// people to be told. In the text each part stands under its own heading.

// Part is one of them.
type Part struct {
	Key      string
	Required bool
	Source   string // the rule that wants it
	// Must are words of which the part has to hold one of each group, by
	// language: without them it cannot say what it has to.
	Must map[string][]Words
}

// Words are ways of saying one thing; Key names it in the texts of the pages.
type Words struct {
	Key   string
	AnyOf []string // small letters
}

// Parts are all parts, in the order in which people read them.
func Parts() []Part { return parts }

func both(key string, de, en []string) map[string][]Words {
	return map[string][]Words{"de": {{key, de}}, "en": {{key, en}}}
}

var parts = []Part{
	{"controller", true, "Art. 13 (1) a", both("contact", []string{"@", "tel", "+49", "straße", "platz", "weg"}, []string{"@", "phone", "+49", "street", "straße"})},
	{"dpo", false, "Art. 13 (1) b", nil},
	{"purposes", true, "Art. 13 (1) c", both("basis", []string{"art. 6", "artikel 6"}, []string{"art. 6", "article 6"})},
	{"recipients", true, "Art. 13 (1) e", both("meta", []string{"whatsapp", "meta"}, []string{"whatsapp", "meta"})},
	{"transfer", true, "Art. 13 (1) f", map[string][]Words{
		"de": {{"country", []string{"usa", "vereinigte staaten", "drittland", "drittländer"}}, {"safeguard", []string{"standardvertragsklauseln", "standarddatenschutzklauseln", "privacy framework", "angemessenheitsbeschluss"}}},
		"en": {{"country", []string{"usa", "united states", "third countr"}}, {"safeguard", []string{"standard contractual clauses", "privacy framework", "adequacy decision"}}}}},
	{"retention", true, "Art. 13 (2) a", both("time", []string{"tag", "monat", "jahr", "woche"}, []string{"day", "month", "year", "week"})},
	{"rights", true, "Art. 13 (2) b", map[string][]Words{
		"de": {{"access", []string{"auskunft"}}, {"rectification", []string{"berichtig"}}, {"erasure", []string{"lösch"}}, {"restriction", []string{"einschränk"}},
			{"portability", []string{"übertragb", "übertragen", "übertragung", "herausgabe"}}, {"objection", []string{"widersp"}}},
		"en": {{"access", []string{"access"}}, {"rectification", []string{"rectif", "correct"}}, {"erasure", []string{"eras", "delet"}}, {"restriction", []string{"restrict"}},
			{"portability", []string{"portab", "transfer", "machine-readable"}}, {"objection", []string{"object"}}}}},
	{"withdrawal", true, "Art. 13 (2) c", both("stop", []string{"widerruf", "zurücknehm", "stop"}, []string{"withdraw", "take back", "stop"})},
	{"complaint", true, "Art. 13 (2) d", both("authority", []string{"aufsichtsbehörde", "datenschutzbehörde", "landesbeauftragte"}, []string{"supervisory authority", "data protection authority"})},
	{"provision", true, "Art. 13 (2) e", nil},
	{"automated", true, "Art. 13 (2) f", both("decisions", []string{"automatisiert"}, []string{"automated"})},
	{"other", false, "", nil},
}

// Draft is the parts as somebody writes them: language → part → text.
type Draft map[string]map[string]string

// Gap is something that a draft does not say yet.
type Gap struct {
	Part   string
	Locale string
	Lacks  string // key of the thing that is not said; empty: the part is empty
}

// Gaps lists what is missing, in the order of the parts.
func Gaps(d Draft) []Gap {
	var gaps []Gap
	for _, p := range parts {
		for _, locale := range []string{"de", "en"} {
			text := strings.ToLower(strings.TrimSpace(d[locale][p.Key]))
			if text == "" {
				other := strings.TrimSpace(d["de"][p.Key] + d["en"][p.Key])
				if p.Required || other != "" { // said in one language only
					gaps = append(gaps, Gap{Part: p.Key, Locale: locale})
				}
				continue
			}
			for _, words := range p.Must[locale] {
				if !slices.ContainsFunc(words.AnyOf, func(w string) bool { return strings.Contains(text, w) }) {
					gaps = append(gaps, Gap{p.Key, locale, words.Key})
				}
			}
		}
	}
	return gaps
}

// mark begins the line of a heading.
const mark = "## "

// Assemble makes the text of one language from its parts. Heading gives the
// heading of a part.
func Assemble(texts map[string]string, heading func(part string) string) string {
	var out []string
	for _, p := range parts {
		text := strings.TrimSpace(strings.ReplaceAll(texts[p.Key], "\r\n", "\n"))
		if text == "" {
			continue
		}
		out = append(out, mark+heading(p.Key), text)
	}
	return strings.Join(out, "\n\n")
}

// Disassemble finds the parts of a text again. What stands under no heading,
// or an unknown one, is "other".
func Disassemble(text string, heading func(part string) string) map[string]string {
	found := map[string]string{}
	part := "other"
	for _, block := range strings.Split(text, "\n\n") {
		if rest, is := strings.CutPrefix(block, mark); is {
			part = "other"
			for _, p := range parts {
				if heading(p.Key) == rest {
					part = p.Key
				}
			}
			if heading(part) == rest {
				continue
			}
		}
		if found[part] != "" {
			found[part] += "\n\n"
		}
		found[part] += block
	}
	return found
}

// Draft is the parts of a published version. De and en look up texts of the
// pages in the two languages.
func (v Version) Draft(de, en func(key string, args ...any) string) Draft {
	return Draft{"de": Disassemble(v.DE, Headings(de)), "en": Disassemble(v.EN, Headings(en))}
}

// Headings gives the headings of the parts in the language of a catalogue.
func Headings(texts func(key string, args ...any) string) func(part string) string {
	return func(part string) string { return texts("notice.part." + part) }
}

// Block is a paragraph or a heading of a published text.
type Block struct {
	Heading bool
	Text    string
}

// Blocks are a published text as a page shows it.
func Blocks(text string) []Block {
	var all []Block
	for _, block := range strings.Split(text, "\n\n") {
		if rest, is := strings.CutPrefix(block, mark); is {
			all = append(all, Block{true, rest})
		} else if strings.TrimSpace(block) != "" {
			all = append(all, Block{false, block})
		}
	}
	return all
}
