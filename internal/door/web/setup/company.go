package setup

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strings"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/rule/calendar"
	"einklang/internal/rule/fold"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// companyForm is the first page: the company, and who administers Einklang.
type companyForm struct {
	pii.Personal
	Code                                       string
	Name, Slug, Address, Email, DPO, Authority string
	State                                      calendar.State
	States                                     []calendar.State
	AdminName, AdminEmail                      string
}

func (s *server) company(w http.ResponseWriter, r *http.Request) error {
	if !s.Opening.Fresh(r.Context()) {
		http.Redirect(w, r, numberStep, http.StatusSeeOther)
		return nil
	}
	return s.showCompany(w, r, http.StatusOK, "", companyForm{State: calendar.Berlin})
}

func (s *server) showCompany(w http.ResponseWriter, r *http.Request, status int, problem string, f companyForm) error {
	c := s.shell.Texts(r)
	if problem != "" {
		problem = c.T("setup.problem." + problem)
	}
	f.States = calendar.States()
	return s.show(w, &shell.Viewer{Text: c}, status, "company.html", "/setup", problem, f)
}

// problems name the texts for what cannot be.
var problems = map[error]string{user.ErrEmail: "email", user.ErrWeak: "weak", user.ErrCommon: "common", org.ErrSlug: "slug", errName: "name", errCode: "code", errThrottled: "throttled", errTaken: "taken"}

var (
	errName      = errors.New("the company and its administrator need names")
	errCode      = errors.New("this is not the code that the server printed")
	errThrottled = errors.New("too many wrong codes")
	errTaken     = errors.New("somebody has set Einklang up already")
)

// found makes the organisation and its first administrator, and signs her in.
func (s *server) found(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	f := readCompany(r)
	begun, err := s.begin(r, act, f, r.PostFormValue("password"))
	for known, key := range problems {
		if errors.Is(err, known) {
			return s.showCompany(w, r, http.StatusUnprocessableEntity, key, f)
		}
	}
	if err != nil {
		return err
	}
	s.shell.SignedIn(w, begun)
	http.Redirect(w, r, numberStep, http.StatusSeeOther)
	return nil
}

func readCompany(r *http.Request) companyForm {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	f := companyForm{Code: get("code"), Name: get("name"), Slug: get("slug"), Address: get("address"), Email: get("email"), DPO: get("dpo"),
		Authority: get("authority"), State: calendar.State(get("state")), AdminName: get("admin_name"), AdminEmail: get("admin_email")}
	if f.Slug == "" {
		f.Slug = slug(f.Name)
	}
	if !slices.Contains(calendar.States(), f.State) {
		f.State = calendar.Berlin
	}
	return f
}

// slugMost is how long a short name may be.
const slugMost = 41

// slug makes a short name for addresses from a company's name.
func slug(name string) string {
	short := ""
	for _, w := range fold.Of(name) {
		if next := strings.TrimPrefix(short+"-"+w, "-"); len(next) <= slugMost {
			short = next
		}
	}
	return short
}

func (s *server) begin(r *http.Request, act *audit.Act, f companyForm, password string) (begun user.Begun, err error) {
	ctx, from := r.Context(), threshold.From(r)
	switch {
	case !s.Opening.Fresh(ctx):
		return begun, errTaken
	case s.brake.Spent(from):
		return begun, errThrottled
	case subtle.ConstantTimeCompare([]byte(plain(f.Code)), []byte(plain(s.Opening.code))) != 1:
		s.brake.Allow(from) // only wrong codes count
		return begun, errCode
	case f.Name == "" || f.AdminName == "" || len(f.Name) > 200 || len(f.AdminName) > 200:
		return begun, errName
	}
	admin, err := s.Users.Prepare(user.Account{Role: user.Admin, Locale: s.shell.Texts(r).Locale, Name: f.AdminName, Email: f.AdminEmail}, password)
	if err != nil {
		return begun, err
	}
	settings := org.DefaultSettings()
	settings.State = string(f.State)
	settings.Controller = org.Contact{Address: f.Address, Email: f.Email, DPO: f.DPO, Authority: f.Authority}
	err = act.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if none, err := s.Orgs.None(ctx, tx); err != nil || !none {
			return errors.Join(err, errTaken)
		}
		o, err := s.Orgs.CreateIn(ctx, tx, f.Slug, f.Name, settings)
		if err != nil {
			return err
		}
		admin.Org = o.ID
		act.By(o.ID, audit.Actor{Who: audit.Staff, ID: id.ID(admin.ID)})
		return s.Users.Add(ctx, tx, admin)
	})
	if err != nil {
		return begun, err
	}
	begun, _, err = s.Users.SignIn(ctx, f.AdminEmail, password, user.Visit{From: from}, user.Through(s.DB)) // part of the founding
	return begun, err
}

// plain is a code as it is compared: however it was typed.
func plain(code string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, code))
}
