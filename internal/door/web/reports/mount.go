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
	"einklang/internal/engine/evidence"
	"einklang/internal/rule/id"
	"einklang/internal/messaging/inbox"
	"einklang/internal/account/org"
	"einklang/internal/govern/report"
	"einklang/internal/engine/store"
	"einklang/internal/rule/text"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
)

//go:embed pages/*.html
var files embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB      *store.DB
	Orgs    *org.Registry
	Work    *inbox.Desk
	Reports *report.Desk
	Log     *evidence.Log
	IDs     *id.Source

	Agreements *report.Agreements
	Approvals  *approval.Desk
	Users      *user.Desk
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
	sh.Staff("GET /reports", user.Reports, s.report)
	sh.Missing(report.ErrNoAgreement)
	sh.Staff("POST /reports/agreement", user.Settings, s.agree)
	sh.Staff("GET /reports/agreement", user.Privacy, s.filed)
	return nil
}

// functions are what the template can call beside those of all.
func functions(c *text.Catalogue) template.FuncMap {
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
