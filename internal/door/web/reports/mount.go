// Package reports is the pages that show how the work goes: charts drawn on
// the server, each with its table. Figures about staff appear only where
// package report lets them.
package reports

import (
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/govern/report"
	"einklang/internal/messaging/assignment"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

//go:embed pages/*.html
var files embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB      *store.DB
	Orgs    *org.Registry
	Work    *assignment.Assignments
	Reports *report.Reports
	Log     *evidence.Log
	IDs     *id.Source

	Agreements *report.Agreements
	Approvals  *approval.Approvals
	Users      *user.Directory
}

type server struct {
	Parts
	pages *shell.Pages
}

// Mount adds the reports.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p}
	var err error
	if s.pages, err = sh.Pages(files, functions); err != nil {
		return err
	}
	sh.Menu(shell.Entry{Section: "reports", Path: "/reports", Text: "nav.reports", May: user.Reports})
	sh.Staff("GET /reports", user.Reports, audit.Nothing(audit.Figures), s.report)
	sh.Missing(report.ErrNoAgreement)
	sh.Staff("POST /reports/agreement", user.Settings, audit.Changes("settings.changed"), s.agree)
	sh.Staff("GET /reports/agreement", user.Privacy, audit.Nothing(audit.Impersonal), s.filed)
	return nil
}

// functions are what the template can call beside those of all.
func functions(c *i18n.Catalogue) template.FuncMap {
	return template.FuncMap{"lasting": func(d time.Duration) string { return lasting(c, d.Round(time.Minute)) }}
}

// periods are the days that a report can cover.
var periods = []int{7, 30, 90}

func period(r *http.Request) int {
	if n, err := strconv.Atoi(r.URL.Query().Get("days")); err == nil {
		for _, p := range periods {
			if p == n {
				return n
			}
		}
	}
	return periods[1]
}
