package settings

import (
	"errors"
	"net/http"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/rule/keyword"
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
	if unfit := (*keyword.Unfit)(nil); errors.As(set.Check(), &unfit) {
		b.Problem = v.Text.T("words.problem."+unfit.Why, unfit.Word)
		return s.showWords(w, v, http.StatusUnprocessableEntity, b)
	}
	return s.save(w, r, v, "/settings/words", func(known *org.Settings) error {
		known.SetWords(set)
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
