package inbox

import (
	"strings"
	"unicode/utf8"

	templates "einklang/internal/messaging/template"
	"einklang/internal/rule/pii"
)

// shelf finds the articles that somebody names: by the number, by the title that
// was typed once ("R-10 = Rennrad rot"), or as the form suggests it ("Rennrad rot
// (R-10)").
type shelf struct {
	pii.Personal
	byTitle map[string]string
	byLabel map[string]templates.Article
	used    []templates.Article // what is to be remembered
}

func newShelf(known []templates.Article) *shelf {
	s := &shelf{byTitle: map[string]string{}, byLabel: map[string]templates.Article{}}
	for _, a := range known {
		if title := strings.ToLower(a.Title); s.byTitle[title] == "" { // the one that was used last
			s.byTitle[title] = a.Number
		}
		s.byLabel[strings.ToLower(label(a))] = a
	}
	return s
}

// label is how the form suggests an article.
func label(a templates.Article) string { return a.Title + " (" + a.Number + ")" }

// number is that of an article as somebody names it.
func (s *shelf) number(named string) string {
	named = strings.TrimSpace(named)
	if number, title, both := strings.Cut(named, "="); both {
		a := templates.Article{Number: strings.TrimSpace(number), Title: strings.TrimSpace(title)}
		if a.Number != "" && a.Title != "" && utf8.RuneCountInString(a.Title) <= templates.LongestTitle {
			s.used = append(s.used, a)
			return a.Number
		}
	}
	if a, known := s.byLabel[strings.ToLower(named)]; known {
		s.used = append(s.used, a)
		return a.Number
	}
	if number := s.byTitle[strings.ToLower(named)]; number != "" {
		return number
	}
	return named
}
