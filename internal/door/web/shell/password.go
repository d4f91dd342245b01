package shell

import (
	"errors"
	"net/http"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// passwordBody is the page on which the holder of a link chooses a password.
type passwordBody struct {
	pii.Personal
	Name, Email string
	Address     string // of the link
	Problem     string // key of a text
	Dead        bool   // the link does not work
}

func (s *Shell) passwordPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.options.Users.Link(r.Context(), r.PathValue("token"))
	return s.showPassword(w, r, a, err)
}

func (s *Shell) choosePassword(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	token := r.PathValue("token")
	begun, _, err := s.options.Users.Redeem(r.Context(), token, r.PostFormValue("password"),
		func(org id.Org, account id.Account) store.Writer { return act.By(org, staff(account)) })
	if err == nil {
		http.Redirect(w, r, s.SignedIn(w, begun), http.StatusSeeOther)
		return nil
	}
	a, gone := s.options.Users.Link(r.Context(), token)
	if gone != nil {
		err = gone
	}
	return s.showPassword(w, r, a, err)
}

func (s *Shell) showPassword(w http.ResponseWriter, r *http.Request, a user.Account, err error) error {
	b, status := passwordBody{Name: a.Name, Email: a.Email, Address: r.URL.Path}, http.StatusOK
	switch {
	case err == nil:
	case errors.Is(err, user.ErrLink):
		b.Dead, status = true, http.StatusNotFound
	case errors.Is(err, user.ErrWeak):
		b.Problem, status = "password.weak", http.StatusUnprocessableEntity
	case errors.Is(err, user.ErrCommon):
		b.Problem, status = "password.common", http.StatusUnprocessableEntity
	default:
		return err
	}
	c := s.Texts(r)
	return s.own.Show(w, status, "password.html", Page{Text: c, Title: c.T("password.title"), Body: b})
}
