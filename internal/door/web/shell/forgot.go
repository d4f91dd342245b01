package shell

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/rule/pii"
)

// Forgot mails the owner of an account the link with which she chooses a new
// password. It takes no second factor away.
type Forgot func(ctx context.Context, tx store.Tx, a user.Account) error

type forgotBody struct {
	pii.Personal
	Mail bool // there is a mail server
	Done bool
}

func (s *Shell) forgotPage(w http.ResponseWriter, r *http.Request) error {
	return s.showForgot(w, r, forgotBody{Mail: s.options.Forgot != nil})
}

func (s *Shell) showForgot(w http.ResponseWriter, r *http.Request, b forgotBody) error {
	c := s.Texts(r)
	return s.own.Show(w, http.StatusOK, "forgot.html", Page{Text: c, Title: c.T("forgot.title"), Body: b})
}

// forgot answers the same, and as fast, whether or not anybody has the address.
//
//nolint:contextcheck // what is done is done when the answer is out
func (s *Shell) forgot(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	if s.options.Forgot == nil {
		return s.showForgot(w, r, forgotBody{})
	}
	if email := r.PostFormValue("email"); s.options.Users.MayReset(threshold.From(r), email) {
		act.Behind(func(ctx context.Context) error {
			a, err := s.options.Users.ByEmail(ctx, email)
			if errors.Is(err, user.ErrNoSession) {
				return nil
			}
			if err != nil {
				return err
			}
			return act.By(a.Org, staff(a.ID)).Write(ctx, func(ctx context.Context, tx store.Tx) error { return s.options.Forgot(ctx, tx, a) })
		})
	}
	return s.showForgot(w, r, forgotBody{Mail: true, Done: true})
}
