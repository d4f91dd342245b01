package shell

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"einklang/internal/account/audit"
	"einklang/internal/account/factor"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// factorPath is where a factor is asked for, between the password and the session.
const factorPath = "/sign-in/factor"

// EnrolPath is the page to which everybody is led who must enrol a factor before
// anything else.
const EnrolPath = "/profile/enrol"

// Enrols lets routes of staff be reached by who must enrol a factor first.
func (s *Shell) Enrols(patterns ...string) {
	for _, p := range patterns {
		s.enrols[p] = true
	}
}

// askBody is what a page shows that asks for a factor.
type askBody struct {
	pii.Personal
	Passkeys bool   // she has a passkey
	Apps     bool   // she has an authenticator app
	Recovery bool   // she has recovery codes
	Problem  string // key of a text
}

// asks says what of somebody's factors a page asks for.
func (s *Shell) asks(ctx context.Context, a user.Account) (b askBody, err error) {
	all, err := s.options.Factors.List(ctx, s.options.DB, a.Org, a.ID)
	if err != nil {
		return b, err
	}
	for _, f := range all {
		b.Apps = b.Apps || f.Kind == factor.TOTP
		b.Passkeys = b.Passkeys || f.Kind == factor.Passkey && s.options.Factors.Passkeys()
	}
	left, err := s.options.Factors.CodesLeft(ctx, s.options.DB, a.Org, a.ID)
	b.Recovery = left > 0
	return b, err
}

// step is the cookie of a sign-in that waits for a factor.
func (s *Shell) step(r *http.Request) string {
	c, err := r.Cookie(s.CookieName("step"))
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Shell) setStep(w http.ResponseWriter, token string) {
	c := &http.Cookie{Name: s.CookieName("step"), Value: token, Path: "/", HttpOnly: true, Secure: s.options.Secure, SameSite: http.SameSiteStrictMode, MaxAge: 600}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func (s *Shell) factorPage(w http.ResponseWriter, r *http.Request) error {
	return s.showFactor(w, r, http.StatusOK, "")
}

// showFactor asks for a factor, or for the password again where nothing waits.
func (s *Shell) showFactor(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	a, err := s.options.Users.Step(r.Context(), s.step(r))
	if errors.Is(err, user.ErrStep) {
		s.setStep(w, "")
		if status == http.StatusOK {
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return nil
		}
		return s.showSignIn(w, r, status, "factor.over")
	}
	if err != nil {
		return err
	}
	b, err := s.asks(r.Context(), a)
	if err != nil {
		return err
	}
	b.Problem = problem
	c := s.Texts(r)
	return s.own.Show(w, status, "factor.html", Page{Text: c, Title: c.T("factor.title"), Scripts: passkeyScripts, Body: b})
}

// passFactor begins the session of whoever proves the factor.
func (s *Shell) passFactor(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	begun, a, err := s.options.Users.Pass(r.Context(), s.step(r), threshold.From(r),
		func(org id.Org, account id.Account) store.Writer { return act.By(org, staff(account)) }, factor.ErrWrong,
		func(ctx context.Context, tx store.Tx, a user.Account) (bool, error) {
			way, err := s.options.Factors.Check(ctx, tx, a.Org, a.ID, proofOf(r))
			if way == factor.ByRecovery {
				act.As("signin.recovery")
			}
			return way == factor.ByRecovery, err
		})
	switch {
	case errors.Is(err, factor.ErrWrong):
		act.By(a.Org, staff(a.ID)).As("signin.failed").After()
		s.guessed(act, a)
		return s.showFactor(w, r, http.StatusUnauthorized, "factor.wrong")
	case errors.Is(err, user.ErrThrottled):
		return s.showFactor(w, r, http.StatusTooManyRequests, "signin.throttled")
	case errors.Is(err, user.ErrStep):
		return s.showFactor(w, r, http.StatusUnauthorized, "")
	case err != nil:
		return err
	}
	s.setStep(w, "")
	http.Redirect(w, r, s.SignedIn(w, begun), http.StatusSeeOther)
	return nil
}

// proofOf is what a form proves with.
func proofOf(r *http.Request) factor.Proof {
	return factor.Proof{Code: r.PostFormValue("code"), Passkey: r.PostFormValue("passkey")}
}

// passkeyScripts ask a browser for a passkey.
var passkeyScripts = []string{"passkey.js"}

// Options answers a script with what its browser needs for a passkey.
func (s *Shell) Options(w http.ResponseWriter, options any, err error) error {
	if errors.Is(err, factor.ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return IgnoreGone(json.NewEncoder(w).Encode(options))
}

// askPasskey is for a sign-in that waits for a factor.
func (s *Shell) askPasskey(w http.ResponseWriter, r *http.Request) error {
	a, err := s.options.Users.Step(r.Context(), s.step(r))
	if errors.Is(err, user.ErrStep) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	options, err := s.options.Factors.Ask(r.Context(), ownerOf(a))
	return s.Options(w, options, err)
}

func ownerOf(a user.Account) factor.Owner {
	return factor.Owner{Org: a.Org, Account: a.ID, Name: a.Name, Email: a.Email}
}

// invitePasskey is for somebody who has not said who she is.
func (s *Shell) invitePasskey(w http.ResponseWriter, r *http.Request) error {
	if !s.options.Users.MayAsk(threshold.From(r)) {
		w.WriteHeader(http.StatusTooManyRequests)
		return nil
	}
	options, visit, err := s.options.Factors.Invite(r.Context())
	if err == nil {
		http.SetCookie(w, &http.Cookie{Name: s.CookieName("visit"), Value: visit, Path: "/", HttpOnly: true, Secure: s.options.Secure, SameSite: http.SameSiteStrictMode, MaxAge: 300})
	}
	return s.Options(w, options, err)
}

// welcomePasskey signs somebody in with a passkey alone.
func (s *Shell) welcomePasskey(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	visit := ""
	if c, err := r.Cookie(s.CookieName("visit")); err == nil {
		visit = c.Value
	}
	guest, err := s.options.Factors.Guest(visit, r.PostFormValue("passkey"))
	var begun user.Begun
	if err == nil {
		begun, err = s.options.Users.Enter(r.Context(), guest.Org, guest.Account, user.Visit{From: threshold.From(r), Known: s.browser(r)},
			func(org id.Org, account id.Account) store.Writer { return act.By(org, staff(account)) }, factor.ErrWrong,
			func(ctx context.Context, tx store.Tx, _ user.Account) (bool, error) {
				return false, s.options.Factors.Welcome(ctx, tx, guest)
			})
	}
	if err == nil || errors.Is(err, factor.ErrWrong) { // else she may send it again
		http.SetCookie(w, &http.Cookie{Name: s.CookieName("visit"), Path: "/", HttpOnly: true, Secure: s.options.Secure, SameSite: http.SameSiteStrictMode, MaxAge: -1})
	}
	switch {
	case errors.Is(err, factor.ErrWrong), errors.Is(err, user.ErrNoSession):
		return s.showSignIn(w, r, http.StatusUnauthorized, "factor.passkey.wrong")
	case errors.Is(err, user.ErrThrottled):
		return s.showSignIn(w, r, http.StatusTooManyRequests, "signin.throttled")
	case err != nil:
		return err
	}
	http.Redirect(w, r, s.SignedIn(w, begun), http.StatusSeeOther)
	return nil
}
