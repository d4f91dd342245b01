package shell

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"einklang/internal/account/factor"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
)

// proving is the field of a form that says that the form proves who sends it. What
// it proves with stands in fields whose names begin with it.
const proving = "prove"

// proveBody is the page that asks somebody who is signed in to prove who she is.
type proveBody struct {
	askBody
	Action   string // what was asked for
	Fields   []field
	Then     string // a page to go to, where nothing was posted or it cannot be kept
	Lost     bool   // what was posted could not be kept
	Password bool   // she has no factor
	Passkey  bool
}

// fresh reports whether a viewer has proven just now who she is.
func (s *Shell) fresh(v *Viewer) bool { return v.Now.Sub(v.Signed.Proven) <= user.Fresh }

// failed answers with the page of an error, if there is one.
func (s *Shell) failed(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		s.Fail(w, r, err)
	}
}

// proves lets a viewer go on who proves who she is with what she sent, and leaves out
// what she did it with. Else it answers with the page that asks her, which sends
// what was posted again. A file cannot be kept: then the page says so.
func (s *Shell) proves(w http.ResponseWriter, r *http.Request, v *Viewer) (bool, error) {
	problem := ""
	if r.PostForm.Has(proving) {
		var err error
		if problem, err = s.confirm(r, v); err != nil {
			return false, err
		}
		for name := range r.PostForm {
			if name == proving || strings.HasPrefix(name, proving+".") {
				r.PostForm.Del(name)
				r.Form.Del(name)
			}
		}
		if problem == "" {
			return true, nil
		}
	}
	if r.Header.Get("X-Fragment") != "" {
		w.WriteHeader(http.StatusUnauthorized)
		return false, nil
	}
	b := proveBody{Action: r.URL.RequestURI(), Fields: fieldsOf(r.PostForm)}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method != http.MethodPost {
		b.Action, b.Then = "/prove", r.URL.RequestURI()
	} else if kind == "multipart/form-data" {
		b.Action, b.Then, b.Lost = "/prove", here(r.Referer()), true
	}
	return false, s.showProve(w, r, v, b, problem)
}

func (s *Shell) showProve(w http.ResponseWriter, r *http.Request, v *Viewer, b proveBody, problem string) (err error) {
	if b.askBody, err = s.asks(r.Context(), v.Account); err != nil {
		return err
	}
	b.Problem, b.Password = problem, !v.Signed.Factored
	return s.own.Show(w, http.StatusUnauthorized, "prove.html", Page{Viewer: v, Title: v.Text.T("prove.title"), At: r.URL.Path, Scripts: passkeyScripts, Body: b})
}

// confirm checks a proof. Problem is the key of a text; empty: it is right.
func (s *Shell) confirm(r *http.Request, v *Viewer) (problem string, err error) {
	session, from := s.SessionHere(r), threshold.From(r)
	if v.Signed.Factored {
		proof := factor.Proof{Code: r.PostFormValue(proving + ".code"), Passkey: r.PostFormValue(proving + ".passkey")}
		err = s.options.Users.Confirm(r.Context(), v.Account, session, from, factor.ErrWrong, func(ctx context.Context, tx store.Tx, a user.Account) (bool, error) {
			way, err := s.options.Factors.Check(ctx, tx, a.Org, a.ID, proof)
			return way == factor.ByRecovery, err
		})
	} else {
		err = s.options.Users.ConfirmPassword(r.Context(), v.Account, r.PostFormValue(proving+".password"), session, from)
	}
	switch {
	case errors.Is(err, factor.ErrWrong):
		return "factor.wrong", nil
	case errors.Is(err, user.ErrSignIn):
		return "prove.wrong", nil
	case errors.Is(err, user.ErrThrottled):
		return "signin.throttled", nil
	}
	return "", err
}

// prove takes a proof and goes on to a page.
func (s *Shell) prove(w http.ResponseWriter, r *http.Request, v *Viewer) error {
	then := here(r.PostFormValue("then"))
	problem, err := s.confirm(r, v)
	if err != nil {
		return err
	}
	if problem != "" {
		return s.showProve(w, r, v, proveBody{Action: "/prove", Then: then}, problem)
	}
	http.Redirect(w, r, then, http.StatusSeeOther)
	return nil
}

// proveAsk answers the script with what its browser needs for a passkey.
func (s *Shell) proveAsk(w http.ResponseWriter, r *http.Request, v *Viewer) error {
	options, err := s.options.Factors.Ask(r.Context(), ownerOf(v.Account))
	return s.Options(w, options, err)
}

// here is the path of an address, so that nobody is led elsewhere.
func here(address string) string {
	at, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(at.Path, "/") || strings.HasPrefix(at.Path, "//") || strings.Contains(at.Path, "\\") {
		return "/"
	}
	return (&url.URL{Path: at.Path, RawQuery: at.RawQuery}).String()
}
