// Package registers is the data protection officer's pages on the registers:
// processors, transfers, and how Meta stores content.
package registers

import (
	"context"
	"embed"
	"html/template"
	"net/http"
	"time"

	"einklang/internal/account/audit"
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

// Storage asks and tells Meta how it stores content.
type Storage interface {
	Read(ctx context.Context, db store.Writer, org id.Org, channel id.Channel) error
	Set(ctx context.Context, db store.Writer, org id.Org, channel id.Channel, mode, region string) error
}

// Parts are what the pages work with.
type Parts struct {
	DB           *store.DB
	Orgs         *org.Registry
	Registers    *processors.Register
	Storage      Storage
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
	sh.StaffAll(user.Privacy, map[string]shell.Route{
		"GET /desk/cockpit":                   shell.As(audit.Nothing(audit.Figures), s.cockpit),
		"GET /desk/cockpit.json":              shell.As(audit.Nothing(audit.Figures), s.cockpitExport),
		"GET /desk/documents":                 shell.As(audit.Nothing(audit.Impersonal), s.documents),
		"GET /desk/documents/{key}":           shell.As(audit.Nothing(audit.Impersonal), s.showDocument),
		"GET /desk/documents/{key}/pdf":       shell.As(audit.Nothing(audit.Impersonal), s.printDocument),
		"GET /desk/controller":                shell.As(audit.Nothing(audit.Impersonal), s.controller),
		"POST /desk/controller":               shell.As(audit.Changes("settings.changed"), s.saveController),
		"GET /desk/processors":                shell.As(audit.Nothing(audit.Impersonal), s.processors),
		"GET /desk/processors/new":            shell.As(audit.Nothing(audit.Impersonal), s.newProcessor),
		"GET /desk/processors/{id}":           shell.As(audit.Nothing(audit.Impersonal), s.processor),
		"POST /desk/processors":               shell.As(audit.Changes("processor.changed"), s.saveProcessor),
		"POST /desk/processors/{id}":          shell.As(audit.Changes("processor.changed").Of(audit.Other), s.saveProcessor),
		"POST /desk/processors/{id}/document": shell.As(audit.Changes("processor.changed").Of(audit.Other), s.fileDocument),
		"GET /desk/processors/{id}/document":  shell.As(audit.Nothing(audit.Impersonal), s.document),
		"GET /desk/transfers":                 shell.As(audit.Nothing(audit.Impersonal), s.transfers),
		"POST /desk/transfers/stop":           shell.As(audit.Changes("transfer.stopped"), s.stop),
		"POST /desk/transfers/resume":         shell.As(audit.Changes("transfer.resumed"), s.resume),
		"GET /desk/storage":                   shell.As(audit.Nothing(audit.Impersonal), s.storage),
		"POST /desk/storage/{id}":             shell.As(audit.Changes("settings.changed").Of(audit.Other), s.setStorage),
		"POST /desk/storage/{id}/read":        shell.As(audit.Changes("settings.changed").Of(audit.Other), s.readStorage),
	})
	return nil
}

func pathID[T id.Like](r *http.Request, missing error) (T, error) {
	at, err := id.Parse[T](r.PathValue("id"))
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
