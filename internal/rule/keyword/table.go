package keyword

import "strings"

// row says what some phrases mean. A pattern is written as [fold] gives it;
// "(a|b)" stands for either, "(a|)" for a or nothing.
type row struct {
	means   Meaning
	pattern string
}

// The words that stand for advertising and for messages as such.
const (
	ads      = "(werbung|werbenachrichten|werbe nachrichten|angebote|aktionen|newsletter|marketing|ads|advertising|advertisements|promotions|promos|promo|offers|marketing messages|marketing nachrichten)"
	messages = "(nachrichten|whatsapp nachrichten|mitteilungen|messages|whatsapp messages)"
	data     = "daten|meine daten|alle daten|alle meine daten|meine personenbezogenen daten|data|my data|all data|all my data|my personal data"
)

// table is all that counts as a keyword. What ends advertising stands here
// once: for messages, for buttons and for the gate, which asks a template to
// say one of these (GDPR Art. 7(3), 21(2)–(4); UWG §7(2) no. 3).
var table = []row{
	{Stop, "(stop|stopp) (all|alles|it|whatsapp|)"},
	{Stop, "(stopall|quit|unsubscribe|unsubscribe all|unsubscribe me|opt out|optout|opt me out)"},
	{Stop, "(abmelden|abmeldung|abbestellen|austragen|mich (abmelden|austragen)|melden sie mich ab|ich (moechte|will) mich (abmelden|austragen))"},
	{Stop, "(stop|stopp|no|no more|stop (all|sending|sending me)) " + messages},
	{Stop, "(ich (moechte|will|wuensche)|) keine (weiteren|) " + messages + " (mehr|) (erhalten|bekommen|haben|senden|schicken|zusenden|zuschicken|)"},
	{Stop, messages + " (stoppen|beenden|abbestellen)"},
	{Stop, "(i (want|do not want|don t want) |)(no more|any more) " + messages},
	{Stop, "(hiermit|) (ich|) (widerrufe|widerruf) (ich|) (hiermit|) (meine|meiner|der|) (einwilligung|einwilligungen|zustimmung)"},
	{Stop, "(einwilligung|zustimmung) (widerrufen|zurueckziehen)"},
	{Stop, "(i|) (withdraw|revoke) (my|) consent"},

	{Marketing, "(stop|stopp|unsubscribe from|opt out of|end|cancel) (all|) " + ads},
	{Marketing, ads + " (stop|stopp|stoppen|beenden|abbestellen|abmelden|abschalten|ausschalten|aus|off)"},
	{Marketing, "(ich (moechte|will|wuensche)|) (keine|keinen|kein) (weitere|weiteren|) " + ads + " (mehr|) (erhalten|bekommen|haben|senden|schicken|zusenden|zuschicken|)"},
	{Marketing, "(no|no more|i want no|i want no more|i do not want|i don t want|i don t want any) " + ads},
	{Marketing, "(hiermit|) (ich|) (widerspreche|widerspruch gegen) (ich|) (hiermit|) (der|die|jeder|) werbung"},

	{Start, "(start|anmelden|subscribe|unstop|opt in|optin)"},

	{Access, "(datenschutz|auskunft|datenauskunft|selbstauskunft|" + data + ")"},
	{Access, "auskunft (ueber|zu) (" + data + ")"},
	{Access, "(welche|was fuer) daten (haben|speichern) sie (ueber mich|von mir|zu mir) (gespeichert|)"},
	{Access, "welche daten (ueber mich|von mir|zu mir) (haben|speichern) sie (gespeichert|)"},
	{Access, "(what|which) data do you (have|hold|keep|store) (about|on) me"},

	{Erase, "(loeschen|loeschung|datenloeschung|delete|erase)"},
	{Erase, "(" + data + ") (loeschen|entfernen|vernichten)"},
	{Erase, "(loeschen|loesche|loescht) (sie|) (mich|" + data + ")"},
	{Erase, "(delete|erase|remove) (me|" + data + ")"},
	{Erase, "ich (moechte|will) dass sie (" + data + ") loeschen"},
}

// courtesy are words that change nothing about what is asked.
var courtesy = set("bitte danke dankeschoen please pls thanks thx hallo hi hello sofort jetzt now umgehend")

// phrases gives each phrase of the table its meaning.
var phrases = func() map[string]Meaning {
	all := map[string]Meaning{}
	for _, r := range table {
		for _, phrase := range expand(r.pattern) {
			if phrase = strings.Join(strings.Fields(phrase), " "); phrase != "" {
				all[phrase] = r.means
			}
		}
	}
	return all
}()

// begins are the first words of all phrases: most messages begin with none.
var begins = func() map[string]bool {
	all := map[string]bool{}
	for phrase := range phrases {
		first, _, _ := strings.Cut(phrase, " ")
		all[first] = true
	}
	return all
}()

// expand writes a pattern out.
func expand(pattern string) []string {
	open := strings.IndexByte(pattern, '(')
	if open < 0 {
		return []string{pattern}
	}
	var all []string
	depth, from := 0, open+1
	var choices []string
	for i := open; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '(':
			depth++
		case c == '|' && depth == 1:
			choices = append(choices, pattern[from:i])
			from = i + 1
		case c == ')':
			if depth--; depth > 0 {
				continue
			}
			choices = append(choices, pattern[from:i])
			for _, choice := range choices {
				for _, rest := range expand(choice + pattern[i+1:]) {
					all = append(all, pattern[:open]+rest)
				}
			}
			return all
		}
	}
	panic("keyword: a bracket is left open in " + pattern)
}

func set(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}

// Phrases lists what means something, as it is compared.
func Phrases(means Meaning) []string {
	var all []string
	for phrase, m := range phrases {
		if m == means {
			all = append(all, phrase)
		}
	}
	return all
}
