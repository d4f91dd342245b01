// Package desk is the data protection officer's pages on the registers:
// processors, transfers, and how Meta stores content.
package registers

import (
	"embed"
	"html/template"
	"net/http"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/store"
	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

//go:embed pages/*.html
var files embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB           *store.DB
	Orgs         *org.Registry
	Registers    *processors.Register
	Storage      processors.Storage
	Destinations []egress.Destination
	Standing     processors.Standing // what a stop of the transfers to WhatsApp would affect
	Cockpit      *facts.Cockpit
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
}

// Mount adds the pages.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, shell: sh}
	var err error
	if s.pages, err = sh.Pages(files, functions); err != nil {
		return err
	}
	sh.Missing(processors.ErrNotFound, processors.ErrNoneFiled, org.ErrNotFound)
	sh.Menu(
		shell.Entry{Section: "privacy", Path: "/desk/cockpit", Text: "nav.cockpit", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: "/desk/documents", Text: "nav.documents", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: "/desk/processors", Text: "nav.processors", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: "/desk/transfers", Text: "nav.transfers", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: "/desk/storage", Text: "nav.storage", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: "/desk/controller", Text: "nav.controller", May: user.Privacy},
	)
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request, *shell.Viewer) error{
		"GET /desk/cockpit":                   s.cockpit,
		"GET /desk/cockpit.json":              s.cockpitExport,
		"GET /desk/documents":                 s.documents,
		"GET /desk/documents/{key}":           s.showDocument,
		"GET /desk/documents/{key}/pdf":       s.printDocument,
		"GET /desk/controller":                s.controller,
		"POST /desk/controller":               s.saveController,
		"GET /desk/processors":                s.processors,
		"GET /desk/processors/new":            s.newProcessor,
		"GET /desk/processors/{id}":           s.processor,
		"POST /desk/processors":               s.saveProcessor,
		"POST /desk/processors/{id}":          s.saveProcessor,
		"POST /desk/processors/{id}/document": s.fileDocument,
		"GET /desk/processors/{id}/document":  s.document,
		"GET /desk/transfers":                 s.transfers,
		"POST /desk/transfers/stop":           s.stop,
		"POST /desk/transfers/resume":         s.resume,
		"GET /desk/storage":                   s.storage,
		"POST /desk/storage/{id}":             s.setStorage,
		"POST /desk/storage/{id}/read":        s.readStorage,
	} {
		sh.Staff(pattern, user.Privacy, handle)
	}
	return nil
}

func pathID(r *http.Request, missing error) (id.ID, error) {
	at, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return at, missing
	}
	return at, nil
}

// day reads a date field; an empty one is no date.
func day(r *http.Request, field string) (time.Time, error) {
	text := r.PostFormValue(field)
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, text)
}

// functions are what the desk's templates can call beside those of all.
func functions(c *i18n.Catalogue) template.FuncMap {
	return template.FuncMap{"span": c.Left, "day": func(day string) string {
		if at, err := time.Parse(time.DateOnly, day); err == nil {
			return c.Date(at)
		}
		return day
	}, "evidence": func(m cockpit.Measure) string { return evidenceText(c, m) }}
}
