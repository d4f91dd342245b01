// Package setup is the first-run assistant: who the company is, who administers
// Einklang, its number, its privacy notice. It is open only while there is no
// organisation, to whoever has the code that the server printed when it
// started. From the first account on, the assistant's steps are ordinary pages
// for administrators, so it can be left and gone on with at any time.
package setup

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/throttle"
	"einklang/internal/govern/processors"
	"einklang/internal/messaging/template"
)

//go:embed pages/*.html static
var files embed.FS

// Parts are what the assistant works with.
type Parts struct {
	DB        *store.DB
	Now       func() time.Time
	Log       *slog.Logger
	Orgs      *org.Registry
	Users     *user.Directory
	Notices   *notice.Board
	Registers *processors.Register
	Client    *cloudapi.Client
	Opening   *Opening
	Apps      []string // keys of the Meta apps that the configuration names
	Sandbox   string   // address of the sandbox in Meta's place; empty: Meta itself
	PublicURL string
	Connected func() // told of a new number
	Templates *template.Catalogue
	// MakeCodes hands in the templates for codes that the account of a number lacks.
	MakeCodes func(ctx context.Context, w store.Writer, c org.Channel) error
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
	brake *throttle.Brake
}

// The steps after the first, as addresses.
const (
	numberStep = "/setup/number"
	noticeStep = "/setup/notice"
	readyStep  = "/setup/ready"
)

// Mount adds the assistant.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, shell: sh, brake: throttle.New(p.Now)}
	if err := sh.Static(files); err != nil {
		return err
	}
	var err error
	if s.pages, err = sh.Pages(files, nil); err != nil {
		return err
	}
	sh.Public("GET /setup", audit.Nobody, s.company)
	sh.Open("POST /setup", audit.Changes("company.founded"), s.found)
	sh.Staff("GET "+numberStep, user.Settings, audit.Nothing(audit.Impersonal), s.number)
	sh.Staff("POST "+numberStep, user.Settings, audit.Changes("settings.changed"), s.connect)
	sh.Staff("GET "+noticeStep, user.Consents, audit.Nothing(audit.Impersonal), s.notice)
	sh.Long("POST " + noticeStep)
	sh.Staff("POST "+noticeStep, user.Consents, audit.Changes("notice.published"), s.publish)
	sh.Staff("GET "+readyStep, user.Settings, audit.Nothing(audit.Impersonal), s.ready)
	return nil
}

// step is a step of the assistant, for the line at the top of its pages.
type step struct {
	Path, Text    string
	Current, Done bool
}

func steps(at string) []step {
	all := []step{{Path: "/setup", Text: "setup.step.company"}, {Path: numberStep, Text: "setup.step.number"},
		{Path: noticeStep, Text: "setup.step.notice"}, {Path: readyStep, Text: "setup.step.ready"}}
	done := true
	for i := range all {
		all[i].Current = all[i].Path == at
		done = done && !all[i].Current
		all[i].Done = done
	}
	return all
}

// page is what every page of the assistant is given.
type page struct {
	Steps   []step
	Problem string
	Body    any
}

func (s *server) show(w http.ResponseWriter, v *shell.Viewer, status int, name, at, problem string, body any) error {
	return s.pages.Show(w, status, name, shell.Page{Viewer: v, Text: v.Text, Styles: []string{"setup.css"}, Title: v.Text.T("setup.title"),
		Body: page{steps(at), problem, body}})
}
