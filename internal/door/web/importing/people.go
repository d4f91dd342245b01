package importing

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/blob"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/importing/lists"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const listed = 50

type peopleBody struct {
	Problem string
	Imports []lists.Import
	Duties  []lists.Duties
	Open    int64
	Overdue int64
}

func (s *server) peoplePage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showPeople(w, r, v, http.StatusOK, "")
}

func (s *server) showPeople(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	b := peopleBody{Problem: problem}
	var err error
	if b.Imports, err = s.Imports.List(r.Context(), s.DB, v.Org, listed); err != nil {
		return err
	}
	all, err := s.Imports.Duties(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.Open > 0 {
			b.Duties = append(b.Duties, d)
			b.Open, b.Overdue = b.Open+d.Open, b.Overdue+d.Overdue
		}
	}
	return s.show(w, v, status, "people.html", v.Text.T("import.title"), peoplePath, b)
}

func (s *server) show(w http.ResponseWriter, v *shell.Viewer, status int, name, title, at string, body any) error {
	return s.pages.Show(w, status, name, shell.Page{Viewer: v, Title: title, At: at, Styles: []string{"importing.css"}, Scripts: []string{"importing.js"}, Body: body})
}

func (s *server) uploadPeople(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	part, err := uploaded(r, lists.MaxFile)
	if err == nil && part == nil {
		return s.showPeople(w, r, v, http.StatusUnprocessableEntity, "file_none")
	}
	if err == nil {
		var i lists.Import
		if i, err = s.Imports.Stage(r.Context(), v.Act, v.Org, v.ID, part.FileName(), part); err == nil {
			http.Redirect(w, r, "/import/people/"+i.ID.String(), http.StatusSeeOther)
			return nil
		}
	}
	if problem := fileProblem(err); problem != "" {
		return s.showPeople(w, r, v, http.StatusUnprocessableEntity, problem)
	}
	return err
}

// column is a column of the file on the mapping page.
type column struct {
	pii.Personal
	Index   int
	Title   string
	Example string
	Field   lists.Field
}

// fieldChoice is something that a column can mean, as it is offered.
type fieldChoice struct {
	Field lists.Field
	Label string
}

// fields are what a column can mean: what every organisation knows, and its own
// attributes.
func (s *server) fields(ctx context.Context, v *shell.Viewer) ([]fieldChoice, error) {
	var all []fieldChoice
	for _, f := range lists.Fields() {
		all = append(all, fieldChoice{f, v.Text.T("import.field." + string(f))})
	}
	own, err := s.Imports.Attributes.List(ctx, s.DB, v.Org)
	for _, a := range own {
		if !a.Retired {
			all = append(all, fieldChoice{lists.AttributeField(a.ID), v.Text.T("import.field.attribute", a.Name)})
		}
	}
	return all, err
}

type codeCount struct {
	Code  lists.Code
	Count int64
}

type oneBody struct {
	pii.Personal
	lists.Import
	Problem  string
	Job      jobs.Job
	Codes    []codeCount
	Columns  []column
	Entries  []lists.Entry
	Fields   []fieldChoice
	Purposes []string
	Lands    []string
	Duty     lists.Duties
	Today    string
	Moving   bool // something is under way
	FileGone bool
}

// Format writes nothing: what is embedded has a field of that name.
func (oneBody) Format(f fmt.State, verb rune) { pii.Personal{}.Format(f, verb) }

// lands are the countries offered for numbers without a country code.
var lands = []string{"DE", "AT", "CH", "LI", "LU", "NL", "BE", "FR", "IT", "ES", "PT", "PL", "CZ", "DK", "SE", "FI", "IE", "GB"}

func (s *server) onePage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showOne(w, r, v, http.StatusOK, "")
}

const sampleRows = 8

func (s *server) showOne(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	at, err := pathID[id.Import](r)
	if err != nil {
		return err
	}
	b := oneBody{Problem: problem, Purposes: []string{optin.Service, optin.Utility, optin.Marketing}, Lands: lands,
		Today: v.Now.Format(time.DateOnly)}
	if b.Import, err = s.Imports.Get(r.Context(), s.DB, v.Org, at); err != nil {
		return err
	}
	if b.Job, err = s.Imports.Progress(r.Context(), s.DB, v.Org, at); err != nil {
		return err
	}
	for _, c := range lists.Codes(b.Job.Counts) {
		b.Codes = append(b.Codes, codeCount{c, b.Job.Counts[lists.CountCode+string(c)]})
	}
	b.Moving = b.State == lists.Checking || b.State == lists.Running || b.State == lists.Undoing
	if b.State == lists.Staged || b.State == lists.Checked {
		if b.Fields, err = s.fields(r.Context(), v); err != nil {
			return err
		}
		if err := s.sample(r.Context(), &b); err != nil {
			return err
		}
	}
	if err := s.duty(r.Context(), v.Org, &b); err != nil {
		return err
	}
	return s.show(w, v, status, "import.html", v.Text.T("import.one.title"), peoplePath, b)
}

func (s *server) sample(ctx context.Context, b *oneBody) error {
	sample, err := s.Imports.Sample(ctx, b.Import, sampleRows)
	if errors.Is(err, blob.ErrNotFound) {
		b.FileGone = true
		return nil
	}
	if err != nil {
		if fileProblem(err) == "" {
			return err
		}
		b.Problem = fileProblem(err)
	}
	b.Entries = sample.Entries
	for n, f := range b.Plan.Columns {
		c := column{Index: n, Field: f, Title: strconv.Itoa(n + 1)}
		if n < len(sample.Titles) && strings.TrimSpace(sample.Titles[n]) != "" {
			c.Title = sample.Titles[n]
		}
		for _, row := range sample.Rows {
			if n < len(row.Cells) && c.Example == "" {
				c.Example = row.Cells[n]
			}
		}
		b.Columns = append(b.Columns, c)
	}
	return nil
}

func (s *server) duty(ctx context.Context, org id.Org, b *oneBody) error {
	all, err := s.Imports.Duties(ctx, s.DB, org)
	for _, d := range all {
		if d.Import == b.ID {
			b.Duty = d
		}
	}
	return err
}

func (s *server) plan(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Import](r)
	if err != nil {
		return err
	}
	i, err := s.Imports.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	p := lists.Plan{Titled: r.PostFormValue("titled") != "", Country: r.PostFormValue("country"), Purpose: r.PostFormValue("purpose"), Language: r.PostFormValue("language")}
	for n := range i.Plan.Columns {
		p.Columns = append(p.Columns, lists.Field(r.PostFormValue("column"+strconv.Itoa(n))))
	}
	fault, err := s.Imports.Check(r.Context(), v.Act, v.Org, at, p)
	if fault != "" {
		return s.showOne(w, r, v, http.StatusUnprocessableEntity, string(fault))
	}
	return back(w, r, "/import/people/"+at.String(), err)
}

// back goes to a page after something was done. What was done twice shows the
// page as it is now.
func back(w http.ResponseWriter, r *http.Request, path string, err error) error {
	if err != nil && !errors.Is(err, lists.ErrState) {
		return err
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

func (s *server) act(do func(ctx context.Context, w store.Writer, org id.Org, at id.Import) error) func(http.ResponseWriter, *http.Request, *shell.Viewer) error {
	return func(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
		at, err := pathID[id.Import](r)
		if err != nil {
			return err
		}
		return back(w, r, "/import/people/"+at.String(), do(r.Context(), v.Act, v.Org, at))
	}
}

// start begins an import. Where two must see a consent, another person has to
// grant first that those of the list are taken over.
func (s *server) start(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Import](r)
	if err != nil {
		return err
	}
	ctx, second, act := r.Context(), id.Account{}, store.Writer(v.Act)
	checked, err := s.Imports.Progress(ctx, s.DB, v.Org, at)
	if err != nil {
		return err
	}
	two, err := s.Consents.NeedsSecond(ctx, s.DB, v.Org, optin.FromImport)
	if err != nil {
		return err
	}
	if two && checked.Counts[lists.CountConsents] > 0 {
		if second, err = s.Approvals.Granter(ctx, s.DB, v.Org, approval.Consents, at.String(), v.ID); err != nil {
			return err
		}
		act = s.using(v, approval.Consents, at)
	}
	return back(w, r, "/import/people/"+at.String(), s.Imports.Start(ctx, act, v.Org, at, second))
}

// using is the act of the viewer that uses up what a second person has granted
// about an import.
func (s *server) using(v *shell.Viewer, k approval.Kind, at id.Import) store.Writer {
	return store.Also(v.Act, func(ctx context.Context, tx store.Tx) error {
		return s.Approvals.Use(ctx, tx, v.Org, k, at.String(), v.ID)
	})
}

// undo deletes the people of an import again, once a second person has granted
// it.
func (s *server) undo(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Import](r)
	if err != nil {
		return err
	}
	return back(w, r, "/import/people/"+at.String(), s.Imports.Undo(r.Context(), s.using(v, approval.Undo, at), v.Org, at))
}

func (s *server) informed(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Import](r)
	if err != nil {
		return err
	}
	if _, err := s.Imports.Get(r.Context(), s.DB, v.Org, at); err != nil {
		return err
	}
	when, _ := time.Parse(time.DateOnly, r.PostFormValue("when")) // an unreadable day is refused as none
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Imports.Inform(ctx, tx, v.Org, at, v.ID, lists.How(r.PostFormValue("how")), when)
		return err
	})
	if errors.Is(err, lists.ErrHow) {
		return s.showOne(w, r, v, http.StatusUnprocessableEntity, "informed_how")
	}
	return back(w, r, "/import/people/"+at.String(), err)
}

// report writes what became of each row, with what helps. It holds nothing
// from the file itself.
func (s *server) report(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Import](r)
	if err != nil {
		return err
	}
	if _, err := s.Imports.Get(r.Context(), s.DB, v.Org, at); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="import-`+at.String()+`.csv"`)
	out := csv.NewWriter(w)
	out.Comma = ';'
	out.UseCRLF = true
	_, _ = w.Write([]byte("\ufeff")) // for Excel
	_ = out.Write([]string{v.Text.T("import.report.row"), v.Text.T("import.report.outcome"), v.Text.T("import.report.consents"), v.Text.T("import.report.help")})
	for after := int64(0); ; {
		rows, err := s.Imports.Results(r.Context(), s.DB, v.Org, at, after, 5000)
		if err != nil {
			return err
		}
		for _, row := range rows {
			after = row.Row
			help := ""
			if row.Code != "" {
				help = v.Text.T("import.code." + string(row.Code))
			}
			if err := out.Write([]string{strconv.FormatInt(row.Row, 10), v.Text.T("import.outcome." + string(row.Outcome)), strconv.Itoa(row.Consents), help}); err != nil {
				return shell.IgnoreGone(err)
			}
		}
		if len(rows) == 0 {
			break
		}
	}
	out.Flush()
	return shell.IgnoreGone(out.Error())
}
