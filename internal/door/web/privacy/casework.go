package privacy

import (
	"context"
	"io"
	"net/http"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/fold"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// line is a line of a case's file, in words.
type line struct {
	cases.Entry
	Words string
	Cut   bool // the whole is read on a page of its own
}

// fill reads the tasks and the file after a line, and puts them into words.
func (s *server) fill(ctx context.Context, b *caseBody, c cases.Case, after id.Cursor, texts *i18n.Catalogue) (err error) {
	b.Kinds = cases.Kinds()
	if b.Tasks, err = s.Cases.Tasks(ctx, s.DB, c); err != nil {
		return err
	}
	file, more, err := s.Cases.File(ctx, s.DB, c.Org, c.ID, after)
	if err != nil {
		return err
	}
	named := map[string]string{}
	for _, t := range b.Tasks {
		named[t.Key] = t.Words
		if t.Words == "" {
			named[t.Key] = texts.T("case.task." + t.Key)
		}
		if !t.Done {
			b.Open++
		}
	}
	for _, e := range file {
		l := line{Entry: e, Words: fold.Begin(e.Text), Cut: len(e.Text) > fold.Most}
		if words, is := named[e.Text]; is {
			l.Words = words
		}
		b.File = append(b.File, l)
	}
	b.Earlier = !after.IsZero()
	if more {
		b.Later = file[len(file)-1].ID.String()
	}
	return nil
}

// parcels are the packages of a case that lie ready.
func (s *server) parcels(ctx context.Context, v *shell.Viewer, c cases.Case) (own []cases.Parcel, err error) {
	if c.Contact.IsZero() {
		return nil, nil
	}
	all, err := s.Cases.ParcelsOf(ctx, s.DB, v.Org, c.Contact)
	for _, p := range all {
		if p.Case == c.ID {
			own = append(own, p)
		}
	}
	return own, err
}

// prepare makes the package and lays it ready. It is made outside of a
// transaction: it may be large.
func (s *server) prepare(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.found(r, v)
	if err != nil {
		return err
	}
	if !c.Identity.Shown() {
		return s.showCase(w, r, v, http.StatusUnprocessableEntity, v.Text.T("case.problem.identity"))
	}
	p, err := s.person(r.Context(), s.DB, v, c)
	if err != nil {
		return shell.ErrNotFound
	}
	o, _, err := s.org(r.Context(), v)
	if err != nil {
		return err
	}
	if _, err := s.Rights.Prepare(r.Context(), v.Act, o, p, c, v.ID, v.Text); err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/cases/"+c.ID.String(), http.StatusSeeOther)
	return nil
}

// pack hands out the newest package of a case that lies ready.
func (s *server) pack(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.found(r, v)
	if err != nil {
		return err
	}
	ready, err := s.parcels(r.Context(), v, c)
	if err != nil {
		return err
	}
	if len(ready) == 0 {
		return s.showCase(w, r, v, http.StatusNotFound, v.Text.T("case.problem.over"))
	}
	content, err := s.Rights.Parcel(r.Context(), v.Org, ready[0].ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+v.Text.T("package.file")+`.zip"`)
	_, err = io.Copy(w, content)
	return shell.IgnoreGone(err)
}

// prove sends the person a link by which she shows who she is.
func (s *server) prove(ctx context.Context, tx store.Tx, v *shell.Viewer, c cases.Case, way string) error {
	p, err := s.person(ctx, tx, v, c)
	if err != nil {
		return err
	}
	o, err := s.Orgs.Get(ctx, tx, v.Org)
	if err != nil {
		return err
	}
	sent, err := s.Rights.Prove(ctx, tx, o, p, way, c.ID)
	if err != nil {
		return err
	}
	if !sent {
		return errNoWay
	}
	return s.Cases.Note(ctx, tx, c, "note", v.ID, v.Text.T("case.proving"))
}

// assign says who a case is about.
func (s *server) assign(ctx context.Context, tx store.Tx, v *shell.Viewer, c cases.Case, said string) error {
	person, problem, err := s.find(ctx, v, said)
	if err != nil {
		return err
	}
	if problem != "" || person == (id.Person{}) {
		return errWho
	}
	return s.Cases.Assign(ctx, tx, &c, person, v.ID)
}
