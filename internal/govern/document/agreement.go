package document

import (
	"regexp"
	"slices"
	"strings"

	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/keyword"
	"einklang/internal/rule/place"
)

// agreement is what a text to which people agree is made from: one purpose, and
// what is so.
type agreement struct {
	*writer
	purpose cockpit.Purpose
	hears   func(words string) keyword.Meaning
}

// sentence is one of a text to which people agree. It is said where its fact
// holds, and never otherwise.
type sentence struct {
	key   string
	fact  func(agreement) bool
	says  func(agreement) []any              // what stands in its gaps; nil: it has none
	of    func(agreement) string             // the text's key, where it depends on the purpose
	lacks func(agreement) (key, page string) // what is missing where the fact does not hold; nil: then it is not needed
}

// bookSentence opens address books: a consent without it opens none.
const bookSentence = "e3"

// sentences are those of a consent, in their order (GDPR Art. 4(11), 7, 13; UWG §7;
// BGH VI ZR 721/15). What has no fact is not said.
func sentences() []sentence {
	return []sentence{
		{key: "e1", fact: agreement.named, of: agreement.opening, says: agreement.who, lacks: agreement.unnamed},
		{key: "e2", fact: func(a agreement) bool { return len(a.meta()) > 0 }, of: agreement.processing, says: func(a agreement) []any { return []any{strings.Join(a.meta(), ", ")} },
			lacks: func(agreement) (string, string) { return "agree.meta", cockpit.ProcessorsPage }},
		{key: bookSentence, fact: agreement.inTheApp},
		{key: "e4.ads", fact: func(a agreement) bool {
			return a.purpose.Advertising && a.hears(a.t("agree.word.ads")) == keyword.Marketing
		}},
		{key: "e4", fact: func(a agreement) bool { return a.hears("STOP") == keyword.Stop },
			says: func(a agreement) []any { return []any{a.Organisation.Name, a.Organisation.Portal} }},
		{key: "e5", fact: func(a agreement) bool { return place.InEEA(a.Organisation.Country) },
			lacks: func(a agreement) (string, string) {
				return missingIf(a.Organisation.Country == "", "agree.country"), cockpit.ControllerPage
			}},
		{key: "e5.free", fact: func(a agreement) bool { return a.Consent.Untied }, lacks: func(agreement) (string, string) { return "agree.untied", cockpit.ConsentPage }},
		{key: "e6", fact: func(a agreement) bool { return a.purpose.Advertising && a.purpose.Months > 0 }},
		{key: "e6.age", fact: func(a agreement) bool { return a.purpose.Advertising }},
		{key: "e7", fact: func(a agreement) bool { return a.Notice.Version > 0 && len(a.Notice.Missing) == 0 }, says: func(a agreement) []any { return []any{a.Organisation.Privacy} },
			lacks: func(agreement) (string, string) { return "measure.notice", cockpit.NoticePage }},
	}
}

// missingIf is a key where something is missing, and empty where it is otherwise.
func missingIf(so bool, key string) string {
	if so {
		return key
	}
	return ""
}

// say writes the sentence, or what it lacks.
func (s sentence) say(a agreement) (string, bool) {
	if !s.fact(a) {
		return "", false
	}
	key, args := "agree."+s.key, []any(nil)
	if s.of != nil {
		key = s.of(a)
	}
	if s.says != nil {
		args = s.says(a)
	}
	if s.key == "e6" {
		return a.c.N("doc.agree.e6", a.purpose.Months), true
	}
	return a.t(key, args...), true
}

// about is what the purpose is about, in the language of the text.
func (a agreement) about() string {
	if a.c.Locale == "en" {
		return a.purpose.AboutEN
	}
	return a.purpose.AboutDE
}

func (a agreement) seat() string { return town(a.Organisation.Address) }

var postal = regexp.MustCompile(`^(?:[A-Z]{1,2}-)?\d{4,5}\s+(.+)$`)

// town is the place in an address, by the code before it; empty: there is none.
func town(address string) string {
	for _, part := range strings.FieldsFunc(address, func(r rune) bool { return r == ',' || r == '\n' }) {
		if found := postal.FindStringSubmatch(strings.TrimSpace(part)); found != nil {
			return found[1]
		}
	}
	return ""
}

// named reports whether it can be said who may do what: which company, and, of
// advertising and messages about contracts, what they are about.
func (a agreement) named() bool {
	key, _ := a.unnamed()
	return key == ""
}

func (a agreement) unnamed() (key, page string) {
	switch {
	case a.Organisation.Name == "" || a.seat() == "":
		return "agree.place", cockpit.ControllerPage
	case a.about() != "" || a.purpose.Key == "service":
		return "", ""
	case a.purpose.Advertising:
		return "agree.products", cockpit.ConsentPage
	case a.purpose.Key == "utility":
		return "agree.kinds", cockpit.ConsentPage
	}
	return "", ""
}

// opening is the first sentence, by the purpose.
func (a agreement) opening() string {
	switch {
	case a.purpose.Key == "service" || a.purpose.Key == "utility":
		return "agree.e1." + a.purpose.Key
	case a.purpose.Advertising:
		return "agree.e1.marketing"
	default:
		return "agree.e1.own"
	}
}

func (a agreement) who() []any {
	what := a.about()
	if what == "" {
		what = a.purpose.NameDE
		if a.c.Locale == "en" {
			what = a.purpose.NameEN
		}
	}
	return []any{a.Organisation.Name, a.seat(), what}
}

// meta are the companies of WhatsApp and Meta with which an agreement holds.
func (a agreement) meta() []string {
	var names []string
	for _, p := range a.Processors {
		if name := strings.ToLower(p.Name); p.State == "valid" && (strings.Contains(name, "whatsapp") || strings.Contains(name, "meta")) {
			names = append(names, p.Name)
		}
	}
	return names
}

// processing names the USA where data go there.
func (a agreement) processing() string {
	if slices.ContainsFunc(a.Transfers, func(t cockpit.Transfer) bool { return t.Country == "US" }) {
		return "agree.e2.usa"
	}
	return "agree.e2"
}

// inTheApp reports whether a number lives in the app, whose phones have the
// address book.
func (a agreement) inTheApp() bool {
	return slices.ContainsFunc(a.Numbers, func(n cockpit.Number) bool { return n.Product == "business_app" || n.OnPhone })
}

// consentTexts are texts to which people agree, one for each purpose, each
// sentence from what is so.
func consentTexts(w *writer) {
	for _, p := range w.Consent.Purposes {
		a := agreement{writer: w, purpose: p, hears: keyword.Set{}.Match}
		w.d.Sections = append(w.d.Sections, Section{Title: a.title()})
		text := a.text()
		w.last().Paragraphs = append(w.last().Paragraphs, strings.Join(text, " "))
	}
	if a := (agreement{writer: w}); !a.inTheApp() && w.Books.WithWhatsApp > 0 {
		w.section("agree.book")
		w.say("agree." + bookSentence)
		w.say("agree.book.why")
	}
	w.section("consent.rules")
	for _, key := range []string{"consent.rules.unticked", "consent.rules.separate", "consent.rules.withdraw", "consent.rules.first"} {
		w.item(key)
	}
}

func (a agreement) title() string {
	name := map[string]string{"de": a.purpose.NameDE, "en": a.purpose.NameEN}[a.c.Locale]
	if name == "" {
		name = a.c.T("purpose." + a.purpose.Key)
	}
	return name
}

// text is all sentences that are so; what is missing is noted once.
func (a agreement) text() []string {
	var all []string
	for _, s := range sentences() {
		if said, so := s.say(a); so {
			all = append(all, said)
		} else if s.lacks != nil {
			if key, page := s.lacks(a); key != "" {
				a.missingOnce(key, page, a.title())
			}
		}
	}
	return all
}

// missingOnce notes what is missing, unless it is noted.
func (w *writer) missingOnce(key, page string, args ...any) {
	gap := Gap{w.t("missing."+key, args...), page}
	if !slices.Contains(w.d.Missing, gap) {
		w.d.Missing = append(w.d.Missing, gap)
	}
}
