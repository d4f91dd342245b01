package privacy

import (
	"context"
	"net/http"
	"strings"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rights/breach"
)

// addLetter adds the letter to the people, a draft of it while none was sent, and
// how many have been told.
func (s *server) addLetter(ctx context.Context, v *shell.Viewer, b *breachBody) (err error) {
	if b.Tally, err = s.Breaches.Tally(ctx, s.DB, v.Org, b.ID); err != nil {
		return err
	}
	b.Tally.Waiting = max(0, b.Affected.People-b.Tally.All())
	if b.Templates, err = s.Telling.Offered(ctx, s.DB, v.Org); err != nil {
		return err
	}
	if b.Letter != nil {
		b.Draft = *b.Letter
		return nil
	}
	o, err := s.Orgs.Get(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	c := v.Text
	parts := []string{c.T("breach.letter.begin", o.Name), b.What}
	for _, part := range []struct{ key, words string }{{"breach.consequences", b.Consequences}, {"breach.measures", b.Measures}, {"breach.draft.contact", o.Settings.Controller.DPO}} {
		if part.words != "" {
			parts = append(parts, c.T(part.key)+": "+part.words)
		}
	}
	b.Draft = breach.Letter{Subject: c.T("breach.letter.subject", o.Name), Text: strings.Join(parts, "\n\n")}
	return nil
}

// enteredLetter reads the form of the letter.
func enteredLetter(r *http.Request, v *shell.Viewer) breach.Letter {
	name, language, _ := strings.Cut(r.PostFormValue("template"), " ")
	return breach.Letter{Subject: r.PostFormValue("subject"), Text: strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n"), Template: name, Language: language, By: v.ID}
}

// breachLetter has the letter sent (GDPR Art. 34).
func (s *server) breachLetter(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	found, err := s.breachOf(r, v)
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Telling.Order(ctx, tx, v.Org, found.ID, enteredLetter(r, v))
	})
	if problem, known := breachProblem(err, v.Text); known {
		return s.showBreach(w, r, v, http.StatusUnprocessableEntity, problem)
	}
	if err != nil {
		return err
	}
	s.Telling.Soon.Ask()
	http.Redirect(w, r, "/desk/breaches/"+found.ID.String(), http.StatusSeeOther)
	return nil
}

// letterTakes: what was sent cannot be taken back.
func (s *server) letterTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	found, err := s.breachOf(r, v)
	if err != nil {
		return nil, err
	}
	return &shell.Loss{At: "/desk/breaches", Back: "/desk/breaches/" + found.ID.String(), Do: v.Text.T("breach.letter.send"), Final: true,
		Words: []string{v.Text.T("sure.breach.letter", found.Affected.People), strings.TrimSpace(r.PostFormValue("text"))}}, nil
}
