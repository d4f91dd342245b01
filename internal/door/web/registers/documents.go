package registers

import (
	"context"
	"net/http"
	"net/mail"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/govern/document"
	"einklang/internal/govern/facts"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/phone"
)

// written is a document with the version that it has.
type written struct {
	document.Document
	Version facts.Version
	Other   string
}

// write writes a document from facts, and numbers it.
func (s *server) write(r *http.Request, v *shell.Viewer, f cockpit.Facts, keys ...string) ([]written, error) {
	texts := s.shell.Texts(r)
	if r.URL.Query().Get("lang") == "" {
		texts = v.Text
	}
	documents, out := make([]document.Document, len(keys)), make([]written, len(keys))
	for i, key := range keys {
		d, ok := document.Write(key, f, texts)
		if !ok {
			return nil, shell.ErrNotFound
		}
		documents[i], out[i] = d, written{Document: d, Other: map[string]string{"de": "en", "en": "de"}[d.Locale]}
	}
	err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		versions, err := facts.Versions(ctx, tx, v.Org, v.Now, documents...)
		for i, one := range versions {
			out[i].Version = one
		}
		return err
	})
	return out, err
}

func (s *server) documents(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	f, err := s.Cockpit.Facts(r.Context(), v.Org)
	if err != nil {
		return err
	}
	all, err := s.write(r, v, f, document.Keys()...)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "documents.html", shell.Page{Viewer: v, Title: v.Text.T("documents.title"), At: "/desk/documents", Body: all})
}

func (s *server) showDocument(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	f, err := s.Cockpit.Facts(r.Context(), v.Org)
	if err != nil {
		return err
	}
	all, err := s.write(r, v, f, r.PathValue("key"))
	if err != nil {
		return err
	}
	d := all[0]
	return s.pages.Show(w, http.StatusOK, "document.html", shell.Page{Viewer: v, Text: s.shell.In(d.Locale), Title: d.Title, At: "/desk/documents", Body: d})
}

type controllerBody struct {
	Name    string
	Is      org.Contact
	Saved   bool
	Problem string
}

func (s *server) controller(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	return s.showController(w, v, http.StatusOK, controllerBody{Name: o.Name, Is: o.Settings.Controller, Saved: r.URL.Query().Has("saved")})
}

func (s *server) showController(w http.ResponseWriter, v *shell.Viewer, status int, b controllerBody) error {
	return s.pages.Show(w, status, "controller.html", shell.Page{Viewer: v, Title: v.Text.T("controller.title"), At: "/desk/controller", Body: b})
}

func (s *server) saveController(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	o.Settings.Controller = org.Contact{Address: trimmed(r, "address"), Email: trimmed(r, "email"), DPO: trimmed(r, "dpo"), Authority: trimmed(r, "authority"), Country: strings.ToUpper(trimmed(r, "country"))}
	if name := trimmed(r, "name"); name != "" {
		o.Name = name
	}
	b := controllerBody{Name: o.Name, Is: o.Settings.Controller}
	if b.Is.Country != "" && !phone.Country(b.Is.Country) {
		b.Problem = v.Text.T("hours.problem.country")
		return s.showController(w, v, http.StatusUnprocessableEntity, b)
	}
	if at, err := mail.ParseAddress(b.Is.Email); b.Is.Email != "" && (err != nil || at.Address != b.Is.Email) {
		b.Problem = v.Text.T("controller.problem.email")
		return s.showController(w, v, http.StatusUnprocessableEntity, b)
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := s.Orgs.Rename(ctx, tx, v.Org, o.Name); err != nil {
			return err
		}
		return s.Orgs.SaveSettings(ctx, tx, v.Org, o.Settings)
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/controller?saved", http.StatusSeeOther)
	return nil
}
