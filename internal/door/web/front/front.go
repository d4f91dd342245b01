// Package front is what stands on every public page of a company beside the
// page's own business, and where the company says it: its Impressum (DDG §5), its
// statement on accessibility (BFSG §14), and the languages that it adds.
package front

import (
	"context"
	"embed"
	"net/http"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

//go:embed pages/*.html
var files embed.FS

// Consents say what the public pages are for, and how the company calls it.
type Consents interface {
	Settings(ctx context.Context, r store.Reader, org id.Org) (optin.Settings, error)
	Purposes(ctx context.Context, r store.Reader, org id.Org) ([]optin.Purpose, error)
}

// Parts are what the pages work with.
type Parts struct {
	DB       *store.DB
	Now      func() time.Time
	Orgs     *org.Registry
	Consents Consents
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
}

const at = "/settings/public" // in the menu

// Mount adds the pages.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, shell: sh}
	var err error
	if s.pages, err = sh.Pages(files, nil); err != nil {
		return err
	}
	sh.Missing(org.ErrNotFound)
	sh.Public("GET /imprint/{slug}", audit.Nobody, s.imprint)
	sh.Public("GET /accessibility/{slug}", audit.Nobody, s.accessibility)
	sh.Menu(shell.Entry{Section: "settings", Path: at, Text: "nav.public", May: user.Settings})
	sh.StaffAll(user.Settings, map[string]shell.Route{
		"GET " + at:                               shell.As(audit.Nothing(audit.Impersonal), s.settings),
		"POST " + at + "/imprint":                 shell.As(audit.Changes("settings.changed"), s.saveImprint),
		"POST " + at + "/accessibility":           shell.As(audit.Changes("settings.changed"), s.saveAccessibility),
		"POST " + at + "/languages":               shell.As(audit.Changes("settings.changed"), s.addLanguage),
		"GET " + at + "/languages/{code}":         shell.As(audit.Nothing(audit.Impersonal), s.language),
		"POST " + at + "/languages/{code}":        shell.As(audit.Changes("settings.changed"), s.saveLanguage),
		"POST " + at + "/languages/{code}/remove": shell.As(audit.Changes("settings.changed"), sh.Sure(s.removeTakes, s.removeLanguage)),
	})
	sh.Long("POST " + at + "/languages/{code}")
	return nil
}

// publicBody is a public page of the company.
type publicBody struct {
	Org   org.Org
	Front org.Front
	Form  bool // people can consent on these pages
}

func (s *server) public(w http.ResponseWriter, r *http.Request, page, title string) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	b := publicBody{Org: o}
	if b.Front, err = s.Orgs.Front(r.Context(), s.DB, o.ID); err != nil {
		return err
	}
	set, err := s.Consents.Settings(r.Context(), s.DB, o.ID)
	if err != nil {
		return err
	}
	b.Form = set.Form
	return s.pages.Show(w, http.StatusOK, page, s.shell.Front(r, s.shell.Texts(r).T(title), nil, b))
}

func (s *server) imprint(w http.ResponseWriter, r *http.Request) error {
	return s.public(w, r, "imprint.html", "imprint.title")
}

func (s *server) accessibility(w http.ResponseWriter, r *http.Request) error {
	return s.public(w, r, "accessibility.html", "accessible.title")
}
