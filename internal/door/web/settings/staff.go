package settings

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

type staffBody struct {
	pii.Personal
	Staff       []user.Listed
	Roles       []user.Role
	Permissions []user.Permission
	Problem     string
	Link        string // to a new password, shown once
	For         string // whose it is
}

// May reports whether a role may do something, for the table.
func (staffBody) May(r user.Role, p user.Permission) bool { return r.May(p) }

func (s *server) staff(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showStaff(w, r, v, http.StatusOK, staffBody{})
}

func (s *server) showStaff(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b staffBody) error {
	var err error
	if b.Staff, err = s.Users.List(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	b.Roles, b.Permissions = user.Roles(), user.Permissions()
	return s.pages.Show(w, status, "staff.html", shell.Page{Viewer: v, Title: v.Text.T("staff.title"), At: "/settings/users", Body: b})
}

// staffProblems names the texts for what cannot be.
var staffProblems = map[error]string{user.ErrTaken: "taken", user.ErrEmail: "email", user.ErrRole: "role", user.ErrLast: "last", user.ErrNoSession: "gone"}

// staffDone goes back to the list, or says what is wrong.
func (s *server) staffDone(w http.ResponseWriter, r *http.Request, v *shell.Viewer, err error) error {
	for known, key := range staffProblems {
		if errors.Is(err, known) {
			return s.showStaff(w, r, v, http.StatusUnprocessableEntity, staffBody{Problem: v.Text.T("staff.problem." + key)})
		}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/users", http.StatusSeeOther)
	return nil
}

func (s *server) addStaff(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	a, token, err := s.Users.Invite(r.Context(), v.Act, user.Account{Org: v.Org, Role: user.Role(r.PostFormValue("role")), Locale: v.Text.Locale,
		Name: strings.TrimSpace(r.PostFormValue("name")), Email: r.PostFormValue("email")})
	if err != nil {
		return s.staffDone(w, r, v, err)
	}
	return s.showStaff(w, r, v, http.StatusOK, staffBody{Link: s.link(token), For: a.Email})
}

// link is the address at which somebody chooses her password.
func (s *server) link(token string) string {
	return strings.TrimRight(s.PublicURL, "/") + "/password/" + token
}

func (s *server) changeStaff(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Account](r.PathValue("id"))
	if err != nil {
		return shell.ErrNotFound
	}
	do := r.PostFormValue("do")
	if do == "password" {
		return s.newLink(w, r, v, at)
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		switch do {
		case "role":
			return s.Users.SetRole(ctx, tx, v.Org, at, user.Role(r.PostFormValue("role")))
		case "activate", "deactivate":
			return s.Users.SetActive(ctx, tx, v.Org, at, do == "activate")
		default:
			return shell.ErrNotFound
		}
	})
	return s.staffDone(w, r, v, err)
}

func (s *server) newLink(w http.ResponseWriter, r *http.Request, v *shell.Viewer, at id.Account) error {
	a, err := s.Users.Get(r.Context(), v.Org, at)
	if err != nil {
		return s.staffDone(w, r, v, err)
	}
	var token string
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		token, err = s.Users.NewLink(ctx, tx, v.Org, at)
		return err
	})
	if err != nil {
		return s.staffDone(w, r, v, err)
	}
	return s.showStaff(w, r, v, http.StatusOK, staffBody{Link: s.link(token), For: a.Email})
}
