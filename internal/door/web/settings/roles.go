package settings

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"einklang/internal/account/approval"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

const rolesPath = "/settings/roles"

// roleChoice is a role as the pages name it.
type roleChoice struct {
	Role   user.Role
	Name   string
	Rights user.Rights
	Own    bool
	Sees   string // how much of the conversations; the end of the catalogue's key
}

// May reports whether the role holds a permission, for the boxes and the table.
func (c roleChoice) May(p user.Permission) bool { return c.Rights.May(p) }

// roles are the built-in roles and the organisation's own, in the viewer's language.
func (s *server) roles(ctx context.Context, v *shell.Viewer) ([]roleChoice, error) {
	o, err := s.Orgs.Get(ctx, s.DB, v.Org)
	if err != nil {
		return nil, err
	}
	mine, err := s.Users.OwnRoles(ctx, s.DB, v.Org)
	if err != nil {
		return nil, err
	}
	sees := map[bool]string{false: "all", true: "teams"}
	var all []roleChoice
	for _, role := range user.Roles() {
		limited := role == user.Agent && o.Settings.Sight.Agents
		all = append(all, roleChoice{Role: role, Name: v.Text.T("role." + string(role)), Rights: role.Rights(), Sees: sees[limited]})
	}
	for _, one := range mine {
		all = append(all, roleChoice{Role: one.Role(), Name: one.Name, Rights: one.Rights, Own: true, Sees: sees[one.Rights.Limited]})
	}
	return all, nil
}

type whoMayBody struct {
	Roles       []roleChoice
	Permissions []user.Permission
}

// whoMay is the table of who may what, for everybody who works here.
func (s *server) whoMay(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	all, err := s.roles(r.Context(), v)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "whomay.html", shell.Page{Viewer: v, Title: v.Text.T("staff.table"), At: "/roles", Body: whoMayBody{all, user.Permissions()}})
}

type rolesBody struct {
	Own         []user.Own
	New         user.Own // what was entered, and cannot be
	Others      []roleChoice
	Permissions []user.Permission
	Most        int
	Problem     string
}

func (s *server) rolesPage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showRoles(w, r, v, http.StatusOK, rolesBody{})
}

func (s *server) showRoles(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b rolesBody) error {
	var err error
	if b.Own, err = s.Users.OwnRoles(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Others, err = s.roles(r.Context(), v); err != nil {
		return err
	}
	b.Permissions, b.Most = slices.DeleteFunc(user.Permissions(), func(p user.Permission) bool { return p == user.Read }), user.OwnRolesMost // each may read
	return s.pages.Show(w, status, "roles.html", shell.Page{Viewer: v, Title: v.Text.T("roles.title"), At: rolesPath, Body: b})
}

// roleProblems names the texts for what cannot be.
var roleProblems = map[error]string{user.ErrRoleName: "name", user.ErrRoleMany: "many", user.ErrRoleUsed: "used", user.ErrRoleGone: "gone", user.ErrRole: "gone", user.ErrRoleLimit: "limit"}

// entered reads the form of a role.
func entered(r *http.Request, at id.Role) user.Own {
	var all []user.Permission
	for _, p := range r.PostForm["may"] {
		all = append(all, user.Permission(p))
	}
	return user.Own{ID: at, Name: r.PostFormValue("name"), Rights: user.Holding(r.PostFormValue("limited") != "", all...)}
}

func (s *server) addRole(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.keepRole(w, r, v, entered(r, id.Role{}))
}

func (s *server) changeRole(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Role](r.PathValue("id"))
	if err != nil {
		return shell.ErrNotFound
	}
	if r.PostFormValue("do") != "discard" {
		return s.keepRole(w, r, v, entered(r, at))
	}
	to := user.Role(r.PostFormValue("to"))
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		o, err := s.Users.OwnRoleOf(ctx, tx, v.Org, at)
		if err != nil {
			return err
		}
		if err := s.Users.DeleteOwnRole(ctx, tx, v.Org, at, to); err != nil || o.Accounts == 0 {
			return err
		}
		will, err := s.Users.RightsOf(ctx, tx, v.Org, to)
		if err != nil || !o.Rights.Weighs() && !will.Widens(o.Rights) {
			return err
		}
		return s.Approvals.Use(ctx, tx, v.Org, approval.Control, approval.RoleEnd(at, string(to)), v.ID)
	})
	return s.rolesDone(w, r, v, user.Own{}, err)
}

// keepRole stores a role. That accounts may more by it than before is for two to say;
// that they may less holds at once.
func (s *server) keepRole(w http.ResponseWriter, r *http.Request, v *shell.Viewer, o user.Own) error {
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		saved, widens, err := s.Users.SaveOwnRole(ctx, tx, v.Org, o)
		if err != nil || !widens {
			return err
		}
		return s.Approvals.Use(ctx, tx, v.Org, approval.Control, approval.RoleControl(saved.ID, holds(saved.Rights)), v.ID)
	})
	return s.rolesDone(w, r, v, o, err)
}

// holds names what a role holds, for the question to a second person.
func holds(r user.Rights) string {
	var all []string
	for _, p := range r.Held() {
		all = append(all, string(p))
	}
	if r.Limited {
		all = append(all, "limited")
	}
	return strings.Join(all, ",")
}

// rolesDone goes back to the page, or says what is wrong, with what was entered.
func (s *server) rolesDone(w http.ResponseWriter, r *http.Request, v *shell.Viewer, o user.Own, err error) error {
	for known, key := range roleProblems {
		if errors.Is(err, known) {
			b := rolesBody{Problem: v.Text.T("roles.problem." + key)}
			if o.ID.IsZero() {
				b.New = o
			}
			return s.showRoles(w, r, v, http.StatusUnprocessableEntity, b)
		}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, rolesPath, http.StatusSeeOther)
	return nil
}

// roleTakes: who has the role is signed out.
func (s *server) roleTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	at, err := id.Parse[id.Role](r.PathValue("id"))
	if err != nil || r.PostFormValue("do") != "discard" {
		return nil, nil //nolint:nilerr // the handler says that there is no such role
	}
	o, err := s.Users.OwnRoleOf(r.Context(), s.DB, v.Org, at)
	if errors.Is(err, user.ErrRoleGone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	loss := &shell.Loss{At: rolesPath, Back: rolesPath, Do: v.Text.T("team.discard"), Words: []string{v.Text.T("sure.role", o.Name)}, Final: true}
	if o.Accounts > 0 {
		loss.Words = append(loss.Words, v.Text.N("sure.role.accounts", int(o.Accounts)))
	}
	return loss, nil
}
