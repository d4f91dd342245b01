// Package importing is the pages through which people and chats are brought
// in, with what follows from it: the duty to inform, the way back, and the
// steps from WhatsApp's apps to the API.
package importing

import (
	"embed"
	"errors"
	"html/template"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/blob"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/importing/chats"
	"einklang/internal/importing/lists"
	"einklang/internal/importing/lists/table"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

//go:embed pages/*.html
var files embed.FS

//go:embed static
var static embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB      *store.DB
	Now     func() time.Time
	Orgs    *org.Registry
	Notices *notice.Board
	Imports *lists.Imports
	Chats   *chats.Imports
	// Consents says whether a second person must see what a list says.
	Consents *optin.Consents
	// Approvals asks a second person before many are deleted, or consents taken
	// over.
	Approvals *approval.Approvals
}

type server struct {
	Parts
	pages *shell.Pages
}

// The paths of the menu.
const (
	peoplePath = "/import"
	chatsPath  = "/import/chats"
	movingPath = "/import/moving"
)

// Mount adds the pages.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p}
	if err := sh.Static(static); err != nil {
		return err
	}
	var err error
	if s.pages, err = sh.Pages(files, functions); err != nil {
		return err
	}
	sh.Missing(lists.ErrNotFound, chats.ErrNotFound)
	sh.Menu(shell.Entry{Section: "settings", Path: peoplePath, Text: "nav.import", May: user.Import},
		shell.Entry{Section: "settings", Path: chatsPath, Text: "nav.chats", May: user.Import},
		shell.Entry{Section: "settings", Path: movingPath, Text: "nav.moving", May: user.Import})
	sh.Long("POST /import/people/{id}/plan")
	sh.StaffAll(user.Import, map[string]shell.Route{
		"GET /import":                        shell.As(audit.Reads("import.viewed"), s.peoplePage),
		"POST /import":                       shell.As(audit.Changes("import.uploaded"), s.uploadPeople),
		"GET /import/people/{id}":            shell.As(audit.Reads("import.viewed").Of(audit.Other), s.onePage),
		"POST /import/people/{id}/plan":      shell.As(audit.Changes("import.planned").Of(audit.Other), s.plan),
		"POST /import/people/{id}/start":     shell.As(audit.Changes("import.started").Of(audit.Other), s.start),
		"POST /import/people/{id}/undo":      shell.As(audit.Changes("import.undone").Of(audit.Other).Proven(), sh.Sure(takes("undo", peoplePath, "/import/people/"), s.undo)),
		"POST /import/people/{id}/discard":   shell.As(audit.Changes("import.discarded").Of(audit.Other), sh.Sure(takes("discard", peoplePath, "/import/people/"), s.act(s.Imports.Discard))),
		"POST /import/people/{id}/informed":  shell.As(audit.Changes("import.informed").Of(audit.Other), s.informed),
		"GET /import/people/{id}/report.csv": shell.As(audit.Nothing(audit.Figures), s.report),
		"GET /import/chats":                  shell.As(audit.Reads("import.viewed"), s.chatsPage),
		"POST /import/chats":                 shell.As(audit.Changes("import.uploaded"), s.uploadChat),
		"GET /import/chats/{id}":             shell.As(audit.Reads("import.viewed").Of(audit.Other), s.chatPage),
		"POST /import/chats/{id}/start":      shell.As(audit.Changes("import.started").Of(audit.Other), s.startChat),
		"POST /import/chats/{id}/discard":    shell.As(audit.Changes("import.discarded").Of(audit.Other), sh.Sure(takes("discard", chatsPath, chatsPath+"/"), s.discardChat)),
		"GET /import/moving":                 shell.As(audit.Nothing(audit.Impersonal), s.movingPage),
		"POST /import/moving":                shell.As(audit.Changes("import.ticked"), s.tick),
	})
	return nil
}

// functions are what the templates can call beside those of all.
func functions(c *i18n.Catalogue) template.FuncMap {
	return template.FuncMap{
		"int": func(n int64) int { return int(n) },
		// told is a text whose key may be missing: codes come from several
		// packages.
		"told": func(prefix string, code any) string {
			key := prefix + toString(code)
			if c.Has(key) {
				return c.T(key)
			}
			return c.T(prefix + "other")
		},
	}
}

func toString(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case lists.Code:
		return string(v)
	case lists.Fault:
		return string(v)
	case chats.Fault:
		return string(v)
	case lists.Step:
		return string(v)
	default:
		return ""
	}
}

func pathID[T id.Like](r *http.Request) (T, error) {
	at, err := id.Parse[T](r.PathValue("id"))
	if err != nil {
		return at, shell.ErrNotFound
	}
	return at, nil
}

// uploadTime is how long a file may take to arrive.
const uploadTime = 30 * time.Minute

// uploaded finds the file of a form, to be read while it arrives: it is never
// put onto a disk in clear. Nil if there is none.
func uploaded(r *http.Request, most int64) (*multipart.Part, error) {
	threshold.Stream(r, most+1<<20, uploadTime)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, nil //nolint:nilerr // no upload at all
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if part.FormName() == "file" && part.FileName() != "" {
			return part, nil
		}
	}
}

// fileProblem is the key of the text for a file that could not be taken in;
// empty for any other error.
func fileProblem(err error) string {
	var list *table.Error
	var chat *chats.Error
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &list):
		return list.Code
	case errors.As(err, &chat):
		return chat.Code
	case errors.Is(err, blob.ErrEmpty):
		return "file_empty"
	case errors.Is(err, blob.ErrTooLarge), errors.As(err, &large):
		return "file_large"
	}
	return ""
}

// takes says what is lost when a file is thrown away, or an import undone.
func takes(what, at, place string) func(*http.Request, *shell.Viewer) (*shell.Loss, error) {
	return func(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
		return &shell.Loss{At: at, Back: place + r.PathValue("id"), Do: v.Text.T("import." + what), Words: []string{v.Text.T("sure." + what)}, Final: true}, nil
	}
}
