// Package profile is the page on which a member of staff sees and changes what is
// her own: her name, language and password, and where she is signed in.
package profile

import (
	"context"
	"embed"
	"errors"
	"net/http"

	"einklang/internal/account/audit"
	"einklang/internal/account/factor"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/rule/pii"
)

//go:embed pages/*.html
var files embed.FS

// Parts are what the page works with.
type Parts struct {
	DB      *store.DB
	Users   *user.Directory
	Factors *factor.Factors
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
}

const path = "/profile"

// Mount adds the page. Everybody who may sign in has it.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, shell: sh}
	var err error
	if s.pages, err = sh.Pages(files, nil); err != nil {
		return err
	}
	sh.Staff("GET /profile", user.Read, audit.Nothing(audit.Own), s.profile)
	sh.Staff("POST /profile", user.Read, audit.Changes("profile.changed"), s.change)
	sh.Staff("GET "+shell.EnrolPath, user.Read, audit.Nothing(audit.Own), s.enrolPage)
	sh.Staff("POST /profile/app", user.Read, audit.Changes("factor.added").Proven(), s.addApp)
	sh.Staff("POST /profile/passkey/offer", user.Read, audit.Nothing(audit.Own), s.offerPasskey)
	sh.Staff("POST /profile/passkey", user.Read, audit.Changes("factor.added").Proven(), s.addPasskey)
	sh.Staff("POST /profile/factors", user.Read, audit.Changes("factor.removed").Or("factor.codes").Proven(), s.changeFactors)
	sh.Enrols("GET "+shell.EnrolPath, "POST /profile/app", "POST /profile/passkey/offer", "POST /profile/passkey")
	return nil
}

type body struct {
	pii.Personal
	Sessions []user.Session
	Factors  []factor.Factor
	Codes    int64 // recovery codes that are left
	Passkeys bool  // they can be used here
	Problem  string
	Done     bool
}

func (s *server) profile(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.show(w, r, v, http.StatusOK, body{Done: r.URL.Query().Has("done")})
}

func (s *server) show(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b body) error {
	var err error
	if b.Sessions, err = s.Users.Sessions(r.Context(), s.DB, v.Org, v.ID, s.shell.SessionHere(r)); err != nil {
		return err
	}
	if b.Factors, err = s.Factors.List(r.Context(), s.DB, v.Org, v.ID); err != nil {
		return err
	}
	if b.Codes, err = s.Factors.CodesLeft(r.Context(), s.DB, v.Org, v.ID); err != nil {
		return err
	}
	b.Passkeys = s.Factors.Passkeys()
	return s.pages.Show(w, status, "profile.html", shell.Page{Viewer: v, Scripts: []string{"passkey.js"}, Title: v.Text.T("profile.title"), At: path, Body: b})
}

// problems names the texts for what cannot be.
var problems = map[error]string{user.ErrName: "name", user.ErrWeak: "weak", user.ErrCommon: "common", user.ErrSignIn: "wrong", user.ErrThrottled: "throttled", user.ErrNoSession: "gone",
	factor.ErrNotFound: "factor", factor.ErrMany: "many", factor.ErrName: "factorname", factor.ErrWrong: "passkey"}

func (s *server) change(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.changed(w, r, v, s.do(w, r, v))
}

// changed goes back to the page, or says what is wrong.
func (s *server) changed(w http.ResponseWriter, r *http.Request, v *shell.Viewer, err error) error {
	for known, key := range problems {
		if errors.Is(err, known) {
			return s.show(w, r, v, http.StatusUnprocessableEntity, body{Problem: v.Text.T("profile.problem." + key)})
		}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, path+"?done", http.StatusSeeOther)
	return nil
}

func (s *server) do(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	do, here := r.PostFormValue("do"), s.shell.SessionHere(r)
	if do == "password" {
		begun, err := s.Users.ChangePassword(r.Context(), v.Account, r.PostFormValue("before"), r.PostFormValue("password"), threshold.From(r), v.Act)
		if err == nil {
			s.shell.SignedIn(w, begun)
		}
		return err
	}
	return v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		switch do {
		case "own":
			if s.shell.In(r.PostFormValue("locale")) == nil {
				return shell.ErrNotFound
			}
			if err := s.Users.SetName(ctx, tx, v.Org, v.ID, r.PostFormValue("name")); err != nil {
				return err
			}
			return s.Users.SetLocaleIn(ctx, tx, v.Org, v.ID, r.PostFormValue("locale"))
		case "mails":
			return s.Users.SetQuiet(ctx, tx, v.Org, v.ID, r.PostFormValue("due") == "")
		case "session":
			return s.Users.EndSession(ctx, tx, v.Org, v.ID, r.PostFormValue("key"))
		case "others":
			return s.Users.EndOthers(ctx, tx, v.Org, v.ID, here)
		default:
			return shell.ErrNotFound
		}
	})
}
