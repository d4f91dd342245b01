package settings

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/rule/keyword"
)

// mostWords is how many own words of a kind there may be, longestWord how long
// one is, in letters.
const (
	mostWords   = 30
	longestWord = 60
)

type wordsBody struct {
	Stop, Start, Except string // one in each line
	Saved               bool
	Problem             string
}

func (s *server) words(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	lines := func(all []string) string { return strings.Join(all, "\n") }
	return s.showWords(w, v, http.StatusOK, wordsBody{Stop: lines(o.Settings.StopWords), Start: lines(o.Settings.StartWords), Except: lines(o.Settings.ExceptWords), Saved: r.URL.Query().Has("saved")})
}

func (s *server) showWords(w http.ResponseWriter, v *shell.Viewer, status int, b wordsBody) error {
	return s.pages.Show(w, status, "words.html", shell.Page{Viewer: v, Title: v.Text.T("words.title"), At: "/settings/words", Body: b})
}

func (s *server) saveWords(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b := wordsBody{Stop: r.PostFormValue("stop"), Start: r.PostFormValue("start"), Except: r.PostFormValue("except")}
	set := keyword.Set{Stop: listed(b.Stop), Start: listed(b.Start), Except: listed(b.Except)}
	if problem, word := wrongWord(set); problem != "" {
		b.Problem = v.Text.T("words.problem."+problem, word)
		return s.showWords(w, v, http.StatusUnprocessableEntity, b)
	}
	return s.save(w, r, v, "/settings/words", func(known *org.Settings) error {
		known.StopWords, known.StartWords, known.ExceptWords = set.Stop, set.Start, set.Except
		return nil
	})
}

// listed are the words of a field, one in each line.
func listed(field string) (all []string) {
	for _, line := range strings.Split(field, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// wrongWord is the first word that cannot be kept, and the end of the text's key
// that says why.
func wrongWord(set keyword.Set) (problem, word string) {
	for _, all := range [][]string{set.Stop, set.Start, set.Except} {
		if len(all) > mostWords {
			return "many", ""
		}
		for _, one := range all {
			if utf8.RuneCountInString(one) > longestWord {
				return "long", one
			}
		}
	}
	for _, one := range set.Start {
		if (keyword.Set{}).Match(one).Ends() { // what ends something never begins it
			return "start", one
		}
	}
	for _, one := range set.Except {
		if !keyword.Exceptable(one) {
			return "except", one
		}
	}
	return "", ""
}
