// Package consent is the pages on which an organisation arranges how people
// agree, sees what they agreed to, and proves it.
package consent

import (
	"embed"
	"net/http"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
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
	Chat      optin.Chat
	Approvals *approval.Approvals // asks a second person before a control ends
	Links     Links
	Mail      bool   // a mail server is configured
	PublicURL string // without a slash at the end
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
}

// Mount adds the pages about consent.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, shell: sh}
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
		shell.Entry{Section: "consent", Path: "/consent/mails", Text: "nav.consent.mails", May: user.RecordConsent},
		shell.Entry{Section: "consent", Path: "/consent/purposes", Text: "nav.consent.purposes", May: user.Consents},
		shell.Entry{Section: "consent", Path: "/consent/entries", Text: "nav.consent.entries", May: user.RecordConsent},
		shell.Entry{Section: "consent", Path: "/consent/form", Text: "nav.consent.form", May: user.Consents},
	)
	sh.StaffAll(user.RecordConsent, map[string]shell.Route{
		"GET /consent":                          shell.As(audit.Nothing(audit.Figures), s.overview),
		"GET /consent/waiting":                  shell.As(audit.Reads("consent.viewed"), s.waiting),
		"POST /consent/waiting/{id}":            shell.As(audit.Changes("consent.decided").Of(audit.Other), sh.Sure(s.rejectTakes, s.decide)),
		"GET /consent/mails":                    shell.As(audit.Reads("consent.viewed"), s.mails),
		"POST /people/{id}/consent/confirm":     shell.As(audit.Changes("consent.asked").Of(audit.Contact), s.confirmMail),
		"POST /people/{id}/consent/prove":       shell.As(audit.Changes("consent.asked").Of(audit.Contact), s.prove),
		"GET /consent/entries":                  shell.As(audit.Nothing(audit.Impersonal), s.entries),
		"GET /consent/entries/{id}":             shell.As(audit.Nothing(audit.Impersonal), s.entry),
		"GET /consent/entries/{id}/qr.svg":      shell.As(audit.Nothing(audit.Impersonal), s.entrySVG),
		"GET /consent/entries/{id}/qr.png":      shell.As(audit.Nothing(audit.Impersonal), s.entryPNG),
		"GET /consent/entries/{id}/sheet.pdf":   shell.As(audit.Nothing(audit.Impersonal), s.entrySheet),
		"GET /people/{id}/consent":              shell.As(audit.Reads("consent.viewed").Of(audit.Contact), s.person),
		"POST /people/{id}/consent/notice":      shell.As(audit.Changes("notice.handed").Of(audit.Contact), s.handed),
		"POST /people/{id}/consent":             shell.As(audit.Changes("consent.recorded").Of(audit.Contact), s.record),
		"POST /people/{id}/consent/ask":         shell.As(audit.Changes("consent.asked").Of(audit.Contact), s.ask),
		"POST /people/{id}/consent/invite":      shell.As(audit.Changes("consent.asked").Of(audit.Contact), s.invite),
		"POST /people/{id}/consent/withdraw":    shell.As(audit.Changes("consent.withdrawn").Of(audit.Contact), sh.Sure(s.withdrawTakes, s.withdraw)),
		"POST /people/{id}/consent/sale":        shell.As(audit.Changes("sale.recorded").Of(audit.Contact), s.recordSale),
		"POST /people/{id}/consent/sale/{sale}": shell.As(audit.Changes("sale.recorded").Of(audit.Contact), s.changeSale),
		"GET /people/{id}/consent/files/{file}": shell.As(audit.Reads("consent.viewed").Of(audit.Contact), s.file),
	})
	sh.StaffAll(user.Consents, map[string]shell.Route{
		"GET /consent/purposes":             shell.As(audit.Nothing(audit.Impersonal), s.purposes),
		"POST /consent/purposes":            shell.As(audit.Changes("settings.changed"), s.addPurpose),
		"GET /consent/purposes/{key}":       shell.As(audit.Nothing(audit.Impersonal), s.purpose),
		"POST /consent/purposes/{key}":      shell.As(audit.Changes("settings.changed"), s.savePurpose),
		"POST /consent/purposes/{key}/text": shell.As(audit.Changes("settings.changed"), s.publishText),
		"POST /consent/existing":            shell.As(audit.Changes("settings.changed"), s.existing),
		"POST /consent/entries":             shell.As(audit.Changes("settings.changed"), s.addEntry),
		"POST /consent/entries/{id}/retire": shell.As(audit.Changes("settings.changed").Of(audit.Other), s.retireEntry),
		"POST /consent/entries/{id}/short":  shell.As(audit.Changes("settings.changed").Of(audit.Other), s.shortLink),
		"GET /consent/form":                 shell.As(audit.Nothing(audit.Impersonal), s.form),
		"POST /consent/form":                shell.As(audit.Changes("settings.changed"), s.saveForm),
	})
	sh.StaffAll(user.Privacy, map[string]shell.Route{
		"GET /people/{id}/consent/proof": shell.As(audit.Exports("consent.exported").Of(audit.Contact).Proven(), s.proof),
	})
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
func pathID[T id.Like](r *http.Request, name string) (T, error) {
	at, err := id.Parse[T](r.PathValue(name))
	if err != nil {
		return at, shell.ErrNotFound
	}
	return at, nil
}
