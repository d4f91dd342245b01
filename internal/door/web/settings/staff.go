package settings

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/account/approval"
	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

type staffBody struct {
	pii.Personal
	Staff   []user.Listed
	Roles   []roleChoice
	Problem string
	Link    string // to a new password, shown once; empty: it was mailed
	For     string // whose it is
	Mail    bool   // there is a mail server
	Demands []user.Demand
	Alone   bool // not two people could grant anything today
	Sight   org.Sight
}

func (s *server) staff(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showStaff(w, r, v, http.StatusOK, staffBody{})
}

func (s *server) showStaff(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b staffBody) error {
	var err error
	if b.Staff, err = s.Users.List(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	circle, err := s.Users.Circle(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	if b.Demands, err = s.Users.Demands(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	b.Sight = o.Settings.Sight
	b.Mail, b.Alone = s.Welcome.Configured(), foureyes.Standings(circle, v.Now) < 2
	if b.Roles, err = s.roles(r.Context(), v); err != nil {
		return err
	}
	return s.pages.Show(w, status, "staff.html", shell.Page{Viewer: v, Title: v.Text.T("staff.title"), At: "/settings/users", Body: b})
}

// staffProblems names the texts for what cannot be.
var staffProblems = map[error]string{errSecond: "second", errMail: "mail", user.ErrTaken: "taken", user.ErrEmail: "email", user.ErrRole: "role", user.ErrLast: "last", user.ErrNoSession: "gone"}

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

// Welcome mails the links with which members of staff choose a password.
type Welcome interface {
	Configured() bool // there is a mail server
	Password(ctx context.Context, tx store.Tx, company string, a user.Account, token string, why reminder.Why) error
}

var (
	// errSecond: an account that decides is made by changing the role of another,
	// which a second person grants.
	errSecond = errors.New("an account that decides is made in two steps")
	// errMail: a link that only its owner may see cannot be sent.
	errMail = errors.New("without a mail server this link reaches nobody")
)

func (s *server) addStaff(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	role := user.Role(r.PostFormValue("role"))
	shown := !s.Welcome.Configured()
	p, err := s.Users.Invited(user.Account{Org: v.Org, Role: role, Locale: v.Text.Locale, Name: strings.TrimSpace(r.PostFormValue("name")), Email: r.PostFormValue("email")})
	var token string
	var rights user.Rights
	if err == nil {
		rights, err = s.Users.RightsOf(r.Context(), s.DB, v.Org, role)
	}
	if err == nil && shown && rights.Weighs() {
		err = errMail
	}
	if err == nil {
		err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
			if founding, err := s.founding(ctx, tx, v); err != nil || rights.Weighs() && !founding {
				return errors.Join(err, errSecond)
			}
			if token, err = s.Users.Join(ctx, tx, p); err != nil || shown {
				return err
			}
			return s.mail(ctx, tx, p.Account, token, reminder.Fresh)
		})
	}
	if err != nil {
		return s.staffDone(w, r, v, err)
	}
	b := staffBody{For: p.Email}
	if shown {
		b.Link = s.link(token)
	}
	return s.showStaff(w, r, v, http.StatusOK, b)
}

// mail sends somebody the link with which she chooses a password.
func (s *server) mail(ctx context.Context, tx store.Tx, a user.Account, token string, why reminder.Why) error {
	o, err := s.Orgs.Get(ctx, tx, a.Org)
	if err != nil {
		return err
	}
	return s.Welcome.Password(ctx, tx, o.Name, a, token, why)
}

// link is the address at which somebody chooses her password.
func (s *server) link(token string) string {
	return strings.TrimRight(s.PublicURL, "/") + "/password/" + token
}

// founding reports whether nobody but the viewer has ever decided here.
func (s *server) founding(ctx context.Context, r store.Reader, v *shell.Viewer) (bool, error) {
	circle, err := s.Users.Circle(ctx, r, v.Org)
	return foureyes.Founding(circle, v.ID, s.Now()), err
}

// second says whether a change to an account needs a second person.
func (s *server) second(ctx context.Context, tx store.Tx, v *shell.Viewer, at id.Account, act foureyes.Act, to user.Role) (bool, error) {
	before, had, err := s.Users.Role(ctx, tx, v.Org, at)
	if err != nil {
		return false, err
	}
	var will user.Rights
	if act == foureyes.SetRole {
		if will, err = s.Users.RightsOf(ctx, tx, v.Org, to); err != nil {
			return false, err
		}
	}
	whom := foureyes.Whom{Decides: had.Weighs(), Will: will.Weighs()}
	if act == foureyes.SetRole && before == to || !foureyes.NeedsSecond(act, whom) {
		return false, err
	}
	if act == foureyes.SetRole && !whom.Decides {
		founding, err := s.founding(ctx, tx, v)
		return !founding, err
	}
	return true, nil
}

// staffActs are what the page does to an account.
var staffActs = map[string]foureyes.Act{"role": foureyes.SetRole, "activate": foureyes.Unblock, "deactivate": foureyes.Block, "sessions": foureyes.EndSessions, "password": foureyes.SetPassword, "factors": foureyes.SetFactors}

func (s *server) changeStaff(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Account](r.PathValue("id"))
	do := r.PostFormValue("do")
	act := staffActs[do]
	if err != nil || act == "" {
		return shell.ErrNotFound
	}
	var role user.Role
	if act == foureyes.SetRole {
		role = user.Role(r.PostFormValue("role"))
	}
	var whose user.Account
	if act == foureyes.SetPassword {
		if whose, err = s.Users.Get(r.Context(), v.Org, at); err == nil && !s.Welcome.Configured() {
			err = errMail
		}
		if err != nil {
			return s.staffDone(w, r, v, err)
		}
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		second, err := s.second(ctx, tx, v, at, act, role)
		if err != nil {
			return err
		}
		if err := s.alter(ctx, tx, v.Org, at, act, role, whose); err != nil || !second {
			return err
		}
		return s.Approvals.Use(ctx, tx, v.Org, approval.Account, approval.AccountSubject(at, act, string(role)), v.ID)
	})
	if err == nil && act == foureyes.SetPassword {
		return s.showStaff(w, r, v, http.StatusOK, staffBody{For: whose.Email})
	}
	return s.staffDone(w, r, v, err)
}

// alter changes an account.
func (s *server) alter(ctx context.Context, tx store.Tx, org id.Org, at id.Account, act foureyes.Act, role user.Role, whose user.Account) error {
	switch act {
	case foureyes.SetRole:
		return s.Users.SetRole(ctx, tx, org, at, role)
	case foureyes.EndSessions:
		return s.Users.EndSessions(ctx, tx, org, at)
	case foureyes.SetFactors:
		if err := s.Factors.Clear(ctx, tx, org, at); err != nil {
			return err
		}
		return s.Users.EndSessions(ctx, tx, org, at)
	case foureyes.SetPassword:
		token, err := s.Users.NewLink(ctx, tx, org, at)
		if err != nil {
			return err
		}
		return s.mail(ctx, tx, whose, token, reminder.Again)
	default:
		return s.Users.SetActive(ctx, tx, org, at, act == foureyes.Unblock)
	}
}
