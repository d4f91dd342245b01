// Package consent is the pages on which an organisation arranges how people
// agree, sees what they agreed to, and proves it.
package consent

import (
	"embed"
	"net/http"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/contact"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

//go:embed pages/*.html static
var files embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB        *store.DB
	Now       func() time.Time
	Orgs      *org.Registry
	People    *contact.Book
	Threads   *conversation.Threads
	Consents  *optin.Consents
	Requests  *optin.Requests
	Notices   *notice.Board
	Entries   *optin.Entries
	Outbox    *outbox.Outbox
	Users     *user.Directory
	Log       *evidence.Log
	Links     Links
	Mail      bool   // a mail server is configured
	PublicURL string // without a slash at the end
}

type server struct {
	Parts
	pages *shell.Pages
}

// Mount adds the pages about consent.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p}
	if err := sh.Static(files); err != nil {
		return err
	}
	var err error
	if s.pages, err = sh.Pages(files, nil); err != nil {
		return err
	}
	sh.Missing(contact.ErrNotFound, org.ErrNotFound, optin.ErrUnknownPurpose, optin.ErrNoEntry, optin.ErrNoFile)
	sh.Menu(
		shell.Entry{Section: "consent", Path: "/consent", Text: "nav.consent.overview", May: user.RecordConsent},
		shell.Entry{Section: "consent", Path: "/consent/waiting", Text: "nav.consent.waiting", May: user.RecordConsent},
		shell.Entry{Section: "consent", Path: "/consent/purposes", Text: "nav.consent.purposes", May: user.Consents},
		shell.Entry{Section: "consent", Path: "/consent/entries", Text: "nav.consent.entries", May: user.RecordConsent},
		shell.Entry{Section: "consent", Path: "/consent/form", Text: "nav.consent.form", May: user.Consents},
	)
	type route = func(http.ResponseWriter, *http.Request, *shell.Viewer) error
	for needs, routes := range map[user.Permission]map[string]route{
		user.RecordConsent: {
			"GET /consent": s.overview, "GET /consent/waiting": s.waiting, "POST /consent/waiting/{id}": sh.Sure(s.rejectTakes, s.decide),
			"GET /consent/entries": s.entries, "GET /consent/entries/{id}": s.entry, "GET /consent/entries/{id}/qr.svg": s.entrySVG,
			"GET /consent/entries/{id}/qr.png": s.entryPNG, "GET /consent/entries/{id}/sheet.pdf": s.entrySheet,
			"GET /people/{id}/consent": s.person, "POST /people/{id}/consent": s.record, "POST /people/{id}/consent/ask": s.ask,
			"POST /people/{id}/consent/invite": s.invite, "POST /people/{id}/consent/withdraw": sh.Sure(s.withdrawTakes, s.withdraw), "GET /people/{id}/consent/files/{file}": s.file,
		},
		user.Consents: {
			"GET /consent/purposes": s.purposes, "POST /consent/purposes": s.addPurpose, "GET /consent/purposes/{key}": s.purpose,
			"POST /consent/purposes/{key}": s.savePurpose, "POST /consent/purposes/{key}/text": s.publishText,
			"POST /consent/entries": s.addEntry, "POST /consent/entries/{id}/retire": s.retireEntry, "POST /consent/entries/{id}/short": s.shortLink,
			"GET /consent/form": s.form, "POST /consent/form": s.saveForm,
		},
		user.Privacy: {"GET /people/{id}/consent/proof": s.proof},
	} {
		for pattern, handle := range routes {
			sh.Staff(pattern, needs, handle)
		}
	}
	return nil
}

// show writes a page of this area.
func (s *server) show(w http.ResponseWriter, status int, name string, v *shell.Viewer, title, at string, body any) error {
	return s.pages.Show(w, status, name, shell.Page{Viewer: v, Title: title, At: at, Styles: []string{"consent.css"}, Body: body})
}

// back answers a form that did its work.
func back(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// purposeName is the name of a purpose; one that is gone shows its key.
func purposeName(all []optin.Purpose, key string, c *i18n.Catalogue) string {
	for _, p := range all {
		if p.Key == key {
			return optin.PurposeName(p, c)
		}
	}
	return key
}

// pathID reads an identifier of the address.
func pathID(r *http.Request, name string) (id.ID, error) {
	at, err := id.Parse(r.PathValue(name))
	if err != nil {
		return at, shell.ErrNotFound
	}
	return at, nil
}
