package oversight

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/account/audit"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// pairRow is two records that were found to be of one number.
type pairRow struct {
	pii.Personal
	contact.Pair
	Who *chat.Known
}

type numbersBody struct {
	pii.Personal
	Rows    []contact.Question
	Keyed   contact.Rekeyed
	Pairs   []pairRow
	Problem string
}

// numbers shows whose numbers are asked for, and what came of bringing all
// numbers into one form.
func (s *server) numbers(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showNumbers(w, r, v, http.StatusOK, "")
}

func (s *server) showNumbers(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) (err error) {
	b := numbersBody{Problem: problem}
	if b.Rows, err = s.People.Questions(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Keyed, err = s.People.Rekeying(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	people := make([]id.Person, len(b.Keyed.Pairs))
	for i, p := range b.Keyed.Pairs {
		people[i] = p.Stays
	}
	known, err := s.People.GetMany(r.Context(), s.DB, v.Org, people)
	if err != nil {
		return err
	}
	for _, p := range b.Keyed.Pairs {
		if k := known[p.Stays]; k != nil && !k.Erased {
			b.Pairs = append(b.Pairs, pairRow{Pair: p, Who: k})
		}
	}
	return s.pages.Show(w, status, "numbers.html", shell.Page{Viewer: v, Title: v.Text.T("nav.whose"), At: numbersPath, Body: b})
}

// answers are the buttons of the page.
var answers = map[string]contact.Belonging{"other": contact.Others, "hers": contact.Hers}

func (s *server) answer(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Question](r.PathValue("id"))
	if err != nil {
		return contact.ErrNotFound
	}
	whose, known := answers[r.PostFormValue("do")]
	if !known {
		return &shell.NoSuch{Field: "do"}
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		person, err := s.People.Answer(ctx, tx, v.Org, at, whose, v.ID)
		if err == nil {
			v.Act.On(audit.Contact, person)
		}
		return err
	})
	if errors.Is(err, contact.ErrAnswered) {
		return s.showNumbers(w, r, v, http.StatusConflict, v.Text.T("whose.answered"))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, numbersPath, http.StatusSeeOther)
	return nil
}
