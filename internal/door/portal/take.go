package portal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"

	"einklang/internal/account/audit"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rights/access"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
)

// take asks for a download: she is told of it by every proven way, and may fetch
// it for a day.
func (s *server) take(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	v, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	if v.Narrow {
		return shell.ErrNotFound
	}
	kind := cases.Access
	if r.PostFormValue("kind") == string(cases.Portability) {
		kind = cases.Portability
	}
	err = s.doer(r, act)(v.Org.ID, v.Person.ID).Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		open := s.opened
		if v.Part.Mixed { // a part is no answer for the whole
			open = s.refer
		}
		c, err := open(ctx, tx, v, kind, "")
		if err != nil {
			return err
		}
		return s.Rights.Download(ctx, tx, v.Org, v.Person, c, kind, v.Way)
	})
	if err != nil {
		return err
	}
	s.tell(w, v.Org, "take")
	goOn(w, r, v.Org.Slug, "/data", nil)
	return nil
}

// fetch hands out what she asked for.
func (s *server) fetch(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	v, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	ready, err := s.Visits.Downloads(r.Context(), s.DB, v.Org.ID, v.Person.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(ready, func(x cases.Wish) bool { return x.Case.String() == r.PathValue("case") })
	if i < 0 || v.Narrow {
		return shell.ErrNotFound
	}
	err = s.doer(r, act)(v.Org.ID, v.Person.ID).Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if v.Part.Mixed {
			return nil
		}
		return s.done(ctx, tx, v.Org.ID, ready[i].Case)
	})
	if err != nil {
		return err
	}
	kind, c := access.Access, s.shell.Texts(r)
	if ready[i].Kind == cases.Portability {
		kind = access.Portability
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+c.T("package.file")+`.zip"`)
	return shell.IgnoreGone(s.Rights.Proven(r.Context(), w, v.Org.ID, v.Person, kind, c))
}

// done closes a case, unless that has been done.
func (s *server) done(ctx context.Context, tx store.Tx, org id.Org, at id.Case) error {
	c, err := s.Cases.Get(ctx, tx, org, at)
	if err != nil {
		return err
	}
	if !c.Identity.Shown() {
		c.Identity = cases.ByCode
	}
	if err = s.Cases.Close(ctx, tx, &c, cases.Done, id.Account{}, ""); errors.Is(err, cases.ErrClosed) {
		err = nil
	}
	return err
}

// fetchParcel hands out a package that staff have laid ready.
func (s *server) fetchParcel(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	v, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	if v.partly() {
		return shell.ErrNotFound // staff laid ready what is kept of both
	}
	ready, err := s.Cases.ParcelsOf(r.Context(), s.DB, v.Org.ID, v.Person.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(ready, func(x cases.Parcel) bool { return x.ID.String() == r.PathValue("parcel") })
	if i < 0 {
		return shell.ErrNotFound
	}
	s.doer(r, act)(v.Org.ID, v.Person.ID)
	content, err := s.Rights.Parcel(r.Context(), v.Org.ID, ready[i].ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+s.shell.Texts(r).T("package.file")+`.zip"`)
	_, err = io.Copy(w, content)
	return shell.IgnoreGone(err)
}
