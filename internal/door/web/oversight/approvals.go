package oversight

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/person/link"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// approvalsShown is how many questions the page lists.
const approvalsShown = 100

type approvalRow struct {
	approval.Request
	What      string // what exactly, in words
	Asker     string
	Decider   string
	State     foureyes.Stage
	MayGrant  bool
	MayRefuse bool
	New       bool   // the viewer decides, but not for long enough
	Go        string // where the asker goes on
	See       string // what it is about
}

type approvalsBody struct {
	pii.Personal
	Rows    []approvalRow
	Paged   shell.Paged
	Problem string
	Kind    approval.Kind // of a new question; empty on the list
	Subject string
	What    string
	Reason  string
	Back    string
	Few     bool // not two people could grant anything today; of a new question: nobody else could
}

// places are where the one who asked goes on.
var places = map[approval.Kind]string{
	approval.Letters: "/desk/retention#archive", approval.Audit: auditPath, approval.Names: auditPath, approval.Period: "/desk/retention", approval.Undo: "/import/people/",
	approval.Figures:  "/reports#agreement",
	approval.Consents: "/import/people/",
	approval.Link:     "/links/",
	approval.Account:  "/settings/users",
	approval.Control:  "/consent/form",
	approval.Bulk:     "/settings/tokens",
}

func placeOf(k approval.Kind, subject string) string {
	if k == approval.Undo || k == approval.Consents || k == approval.Link {
		return places[k] + subject
	}
	if k == approval.Control && approval.OfFactor(subject) {
		return "/settings/users#factors"
	}
	if _, _, _, is := approval.OfRole(subject); k == approval.Control && is {
		return "/settings/roles"
	}
	if k == approval.Control && approval.OfSight(subject) {
		return "/settings/users#sight"
	}
	return places[k]
}

// names are what members of staff and own roles are called.
type names struct {
	pii.Personal
	staff map[id.Account]string
	roles map[id.Role]string
}

// role is what a role is called, a built-in one or one of the organisation's own.
func (n names) role(role string, c *i18n.Catalogue) string {
	if at, own := user.Role(role).Own(); own {
		return n.roles[at]
	}
	return c.T("role." + role)
}

// heldWords says what a role holds.
func heldWords(held string, c *i18n.Catalogue) string {
	var all []string
	for _, one := range strings.Split(held, ",") {
		all = append(all, c.Known("permission.", one))
	}
	return strings.Join(all, ", ")
}

// roleNames reads what own roles are called.
func (s *server) roleNames(ctx context.Context, v *shell.Viewer) (map[id.Role]string, error) {
	mine, err := s.Users.OwnRoles(ctx, s.DB, v.Org)
	all := make(map[id.Role]string, len(mine))
	for _, o := range mine {
		all[o.ID] = o.Name
	}
	return all, err
}

// words says what exactly is asked for.
func words(k approval.Kind, subject string, named names, c *i18n.Catalogue) string {
	said := c.T("approval.kind." + string(k))
	if k == approval.Account {
		whose, what, to := approval.AccountOf(subject)
		if what == foureyes.SetRole {
			return c.T("approval.account.set_role", named.staff[whose], named.role(to, c))
		}
		return c.T("approval.account."+string(what), named.staff[whose])
	}
	if k == approval.Control {
		if role, ends, rest, is := approval.OfRole(subject); is {
			if ends {
				return said + " – " + c.T("approval.control.role.end", named.roles[role], named.role(rest, c))
			}
			return said + " – " + c.T("approval.control.role", named.roles[role], heldWords(rest, c))
		}
		if role := approval.FactorOf(subject); approval.OfFactor(subject) && !c.Has("approval.control."+subject) {
			return said + " – " + c.T("approval.control.factor.own", named.role(role, c))
		}
		return said + " – " + c.T("approval.control."+subject)
	}
	if class, amount, is := strings.Cut(subject, ":"); is && k == approval.Period {
		said += " – " + c.T("doc.class."+class) + ": " + periodText(amount, c)
	}
	return said
}

// periodText reads "days 30" as people do.
func periodText(period string, c *i18n.Catalogue) string {
	unit, amount, _ := strings.Cut(period, " ")
	n, err := strconv.Atoi(amount)
	if err != nil {
		return amount
	}
	return c.N("retention.unit."+unit, n)
}

func (s *server) approvals(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showApprovals(w, r, v, http.StatusOK, "")
}

func (s *server) showApprovals(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	after, err := shell.Parameter[id.Cursor](r, "after")
	if err != nil {
		return err
	}
	all, more, err := s.Approvals.Page(r.Context(), s.DB, v.Org, after, approvalsShown)
	if err != nil {
		return err
	}
	staff, err := s.Users.List(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	named := names{staff: map[id.Account]string{}}
	for _, l := range staff {
		named.staff[l.ID] = l.Name
	}
	if named.roles, err = s.roleNames(r.Context(), v); err != nil {
		return err
	}
	circle, err := s.Users.Circle(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	me := slices.IndexFunc(circle, func(d foureyes.Decider) bool { return d.ID == v.ID })
	b := approvalsBody{Problem: problem, Few: foureyes.Standings(circle, v.Now) < 2, Paged: shell.PageOf(approvalsPath, after, all, more, func(q approval.Request) id.Approval { return q.ID })}
	for _, q := range all {
		if q.By != v.ID && !v.May(user.Privacy) {
			continue
		}
		row := approvalRow{Request: q, What: words(q.Kind, q.Subject, named, v.Text), Asker: named.staff[q.By], Decider: named.staff[q.Second], State: q.State(v.Now)}
		if me >= 0 && (row.State == foureyes.Open || row.State == foureyes.Waiting) {
			row.MayRefuse = circle[me].MayRefuse(q.By)
			row.MayGrant = circle[me].MayGrant(q.By, q.Asked)
			row.New = row.MayRefuse && !row.MayGrant
		}
		if row.State == foureyes.Granted && q.By == v.ID {
			row.Go = placeOf(q.Kind, q.Subject)
		}
		if q.Kind == approval.Link || q.Kind == approval.Bulk {
			row.See = placeOf(q.Kind, q.Subject)
		}
		b.Rows = append(b.Rows, row)
	}
	return s.pages.Show(w, status, "approvals.html", shell.Page{Viewer: v, Title: v.Text.T("approval.title"), At: approvalsPath, Body: b})
}

func (s *server) question(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showQuestion(w, r, v, http.StatusOK, approval.Kind(r.URL.Query().Get("kind")), r.URL.Query().Get("subject"), "")
}

func (s *server) showQuestion(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, k approval.Kind, subject, problem string) error {
	if places[k] == "" || k == approval.Link || k == approval.Bulk { // asked where they are made
		return approval.ErrNotFound
	}
	var named names
	var err error
	if named.roles, err = s.roleNames(r.Context(), v); err != nil {
		return err
	}
	if k == approval.Account {
		whose, what, _ := approval.AccountOf(subject)
		if named.staff, err = s.Users.Names(r.Context(), s.DB, v.Org, []id.Account{whose}); err != nil {
			return err
		}
		if named.staff[whose] == "" || !v.Text.Has("approval.account."+string(what)) {
			return approval.ErrNotFound
		}
	}
	circle, err := s.Users.Circle(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	b := approvalsBody{Kind: k, Subject: subject, What: words(k, subject, named, v.Text), Problem: problem, Back: placeOf(k, subject), Few: foureyes.Alone(circle, v.ID, v.Now)}
	return s.pages.Show(w, status, "question.html", shell.Page{Viewer: v, Title: v.Text.T("approval.question"), At: approvalsPath, Body: b})
}

func (s *server) ask(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	k, subject := approval.Kind(r.PostFormValue("kind")), r.PostFormValue("subject")
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Approvals.Ask(ctx, tx, v.Org, k, subject, r.PostFormValue("reason"), v.ID)
		return err
	})
	if errors.Is(err, approval.ErrReason) {
		return s.showQuestion(w, r, v, http.StatusUnprocessableEntity, k, subject, v.Text.T("approval.problem.reason"))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, approvalsPath, http.StatusSeeOther)
	return nil
}

func (s *server) decide(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Approval](r.PathValue("id"))
	if err != nil {
		return approval.ErrNotFound
	}
	grant := r.PostFormValue("do") == "grant"
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		people, err := s.Approvals.People(ctx, tx, v.Org, at)
		if err != nil {
			return err
		}
		if len(people) > 0 {
			v.Act.On(audit.Contact, id.Anys(people)...)
			if grant {
				v.Act.As("person.linked")
			}
		}
		return s.Approvals.Decide(ctx, tx, v.Org, at, grant, v.ID)
	})
	switch {
	case errors.Is(err, approval.ErrSelf):
		return s.showApprovals(w, r, v, http.StatusForbidden, v.Text.T("approval.problem.self"))
	case errors.Is(err, approval.ErrNew):
		return s.showApprovals(w, r, v, http.StatusForbidden, v.Text.T("approval.problem.new"))
	case errors.Is(err, approval.ErrDecided), errors.Is(err, link.ErrOver), errors.Is(err, link.ErrGone), errors.Is(err, link.ErrNotFound):
		return s.showApprovals(w, r, v, http.StatusConflict, v.Text.T("approval.problem.decided"))
	case err != nil:
		return err
	}
	http.Redirect(w, r, approvalsPath, http.StatusSeeOther)
	return nil
}
