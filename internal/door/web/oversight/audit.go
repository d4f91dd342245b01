package oversight

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/govern/report"
	"einklang/internal/person/chat"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// shown is how many entries one page holds.
const shown = 50

// periods are the days that the page can cover.
var periods = []int{7, 30, 90, 365}

type auditBody struct {
	pii.Personal
	Periods []int
	Days    int
	Acts    []string
	Act     string
	Person  id.Person
	Who     string // the person's name
	Staff   []user.Listed
	Whos    []audit.Who
	By      audit.Actor // chosen
	Reasons []audit.Reason
	Counts  []count
	Entries []entry
	Older   string // address of the next page
	Altered bool
	Names   bool // names of staff may be shown
	Agreed  bool // because of an agreement, not of a grant
	Least   int
}

// count is how often something was done; fewer than five members of staff are
// not counted, unless names may be shown.
type count struct {
	audit.Count
	Few bool
}

type entry struct {
	pii.Personal
	audit.Entry
	Whom []person
	By   string
	More string // how many a search found, an act was about, or a long act did
}

// person is whom an entry concerns.
type person struct {
	pii.Personal
	ID   id.Person
	Name string
}

// names of the people, for a table.
func (e entry) names() string {
	all := make([]string, len(e.Whom))
	for i, p := range e.Whom {
		all[i] = p.Name
	}
	return harmless(strings.Join(all, ", "))
}

// query is what a page of the log shows.
type query struct {
	audit.Filter
	days int
}

// readQuery reads what the log is asked for. Errors: shell.NoSuch; whom there is
// not, or not any more, the log can still tell of.
func (s *server) readQuery(r *http.Request, now time.Time) (query, error) {
	q := query{days: 30}
	v := r.URL.Query()
	if n, err := strconv.Atoi(v.Get("days")); err == nil && slices.Contains(periods, n) {
		q.days = n
	}
	q.From = now.AddDate(0, 0, -q.days)
	if slices.Contains(s.Audit.Acts(), v.Get("act")) {
		q.Act = v.Get("act")
	}
	if who := audit.Who(v.Get("who")); slices.Contains(audit.Whos(), who) {
		q.Who = who
	}
	var err [3]error
	q.Contact, err[0] = shell.Parameter[id.Person](r, "person")
	q.Account, err[1] = shell.Parameter[id.Account](r, "staff")
	q.Before, err[2] = shell.Parameter[id.Cursor](r, "before")
	return q, errors.Join(err[:]...)
}

func (q query) address(before id.Cursor) string {
	v := url.Values{"days": {strconv.Itoa(q.days)}}
	for name, value := range map[string]string{"act": q.Act, "person": hex(q.Contact), "who": string(q.Who), "staff": hex(q.Account), "before": hex(before)} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return "/desk/audit?" + v.Encode()
}

func hex(of id.Any) string {
	i := id.ID(of)
	if i.IsZero() {
		return ""
	}
	return i.String()
}

// names reports whether the viewer may see who of the staff did something, and
// whether an agreement is the reason.
func (s *server) names(ctx context.Context, v *shell.Viewer) (may, agreed bool, err error) {
	o, err := s.Orgs.Get(ctx, s.DB, v.Org)
	if err != nil || o.Settings.Monitoring.Holds() {
		return err == nil, err == nil, err
	}
	may, err = s.Approvals.Holds(ctx, s.DB, v.Org, approval.Names, "", v.ID)
	return may, false, err
}

func (s *server) audit(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	ctx := r.Context()
	q, err := s.readQuery(r, v.Now)
	if err != nil {
		return err
	}
	b := auditBody{Periods: periods, Days: q.days, Acts: s.Audit.Acts(), Act: q.Act, Person: q.Contact, Whos: audit.Whos(), Reasons: audit.Reasons(), Least: report.Least}
	if b.Names, b.Agreed, err = s.names(ctx, v); err != nil {
		return err
	}
	if !b.Names {
		q.Account = id.Account{} // to list what one did would name her
	}
	b.By = audit.Actor{Who: q.Who, ID: id.ID(q.Account)}
	if b.Names {
		if b.Staff, err = s.Users.List(ctx, s.DB, v.Org); err != nil {
			return err
		}
	}
	q.Limit = shown
	if b.Entries, err = s.entries(ctx, v, q.Filter, b.Names); err != nil {
		return err
	}
	if len(b.Entries) == shown {
		b.Older = q.address(id.Cursor(b.Entries[shown-1].ID))
	}
	b.Altered = slices.ContainsFunc(b.Entries, func(e entry) bool { return e.Altered })
	counts, err := audit.Counts(ctx, s.DB, v.Org, q.From)
	if err != nil {
		return err
	}
	for _, c := range counts {
		b.Counts = append(b.Counts, count{c, !b.Names && c.Accounts < report.Least})
	}
	if !q.Contact.IsZero() {
		known, err := s.People.GetMany(ctx, s.DB, v.Org, []id.Person{q.Contact})
		if err != nil {
			return err
		}
		b.Who = personName(known[q.Contact], v.Text)
	}
	return s.pages.Show(w, http.StatusOK, "audit.html", shell.Page{Viewer: v, Title: v.Text.T("audit.title"), At: auditPath, Body: b})
}

// entries reads entries with the names of people, and of staff if they may be
// shown.
func (s *server) entries(ctx context.Context, v *shell.Viewer, f audit.Filter, names bool) ([]entry, error) {
	found, err := s.Audit.Read(ctx, s.DB, v.Org, f)
	if err != nil {
		return nil, err
	}
	var people []id.Person
	for _, e := range found {
		people = append(people, e.Concerned()...)
	}
	known, err := s.People.GetMany(ctx, s.DB, v.Org, people)
	if err != nil {
		return nil, err
	}
	staff := map[id.Account]string{}
	if names {
		listed, err := s.Users.List(ctx, s.DB, v.Org)
		if err != nil {
			return nil, err
		}
		for _, l := range listed {
			staff[l.ID] = l.Name
		}
	}
	all := make([]entry, len(found))
	for i, e := range found {
		all[i] = entry{Entry: e, By: v.Text.T("audit.who." + string(e.By.Who))}
		if name := staff[id.Account(e.By.ID)]; name != "" && e.By.Who == audit.Staff {
			all[i].By = name
		}
		all[i].More = more(e, v.Text)
		for _, p := range e.Concerned() {
			all[i].Whom = append(all[i].Whom, person{ID: p, Name: personName(known[p], v.Text)})
		}
	}
	return all, nil
}

// more says what a number belongs to.
func more(e audit.Entry, c *i18n.Catalogue) string {
	switch {
	case e.Hits != nil:
		return c.N("audit.hits", int(*e.Hits))
	case e.Several != nil:
		return c.T("audit.several", len(e.Several))
	case e.Broken():
		return c.T("audit.broken")
	case e.Long:
		return c.T("audit.ended", *e.Ended)
	}
	return ""
}

// personName is the name of a person, or that there is none any more.
func personName(p *chat.Known, c *i18n.Catalogue) string {
	if p == nil || p.Erased {
		return c.T("audit.erased")
	}
	if name := p.Profile.DisplayName(); name != "" {
		return name
	}
	return c.T("audit.nameless")
}

// export hands out the entries as a table, once a second person has granted it.
func (s *server) export(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	names, _, err := s.names(r.Context(), v)
	if err != nil {
		return err
	}
	q, err := s.readQuery(r, v.Now)
	if err != nil {
		return err
	}
	if !names {
		q.Account = id.Account{}
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Approvals.Use(ctx, tx, v.Org, approval.Audit, "", v.ID)
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="audit-`+v.Now.Format(time.DateOnly)+`.csv"`)
	if _, err := w.Write([]byte("\ufeff")); err != nil { // for Excel
		return shell.IgnoreGone(err)
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	_ = out.Write([]string{v.Text.T("audit.when"), v.Text.T("audit.what"), v.Text.T("audit.whom"), v.Text.T("audit.who"), v.Text.T("audit.found")})
	for q.Limit = 500; ; {
		some, err := s.entries(r.Context(), v, q.Filter, names)
		if err != nil {
			return err
		}
		for _, e := range some {
			q.Before = id.Cursor(e.ID)
			_ = out.Write([]string{e.At.Format(time.RFC3339), v.Text.T("audit.act." + e.Act), e.names(), harmless(e.By), e.More})
		}
		if out.Flush(); out.Error() != nil || len(some) < q.Limit {
			return shell.IgnoreGone(out.Error())
		}
	}
}

// harmless keeps a spreadsheet from taking a name that somebody has chosen for
// a formula.
func harmless(name string) string {
	if name != "" && slices.Contains([]byte("=+-@\t\r"), name[0]) {
		return "'" + name
	}
	return name
}
