// Package reports is the pages that show how the work goes: charts drawn on
// the server, each with its table. Figures about staff appear only where
// package report lets them.
package reports

import (
	"context"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"einklang/internal/evidence"
	"einklang/internal/id"
	"einklang/internal/inbox"
	"einklang/internal/org"
	"einklang/internal/report"
	"einklang/internal/store"
	"einklang/internal/text"
	"einklang/internal/user"
	"einklang/internal/web/shell"
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
	sh.Staff("POST /reports/agreement", user.Settings, s.agree)
	return nil
}

// functions are what the template can call beside those of all.
func functions(c *text.Catalogue) template.FuncMap {
	return template.FuncMap{"lasting": func(d time.Duration) string { return lasting(c, d.Round(time.Minute)) }}
}

// agree records what staff and the company have agreed on figures about few
// people, or that it has ended.
func (s *server) agree(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	a := org.Agreement{Reference: strings.TrimSpace(r.PostFormValue("reference")), Since: r.PostFormValue("since")}
	if _, err := time.Parse(time.DateOnly, a.Since); err != nil || len(a.Reference) > 200 {
		a.Since = v.Now.Format(time.DateOnly)
	}
	if r.PostFormValue("do") == "end" || a.Reference == "" {
		a = org.Agreement{}
	}
	err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		o, err := s.Orgs.Get(ctx, tx, v.Org)
		if err != nil {
			return err
		}
		o.Settings.Monitoring = a
		if err := s.Orgs.SaveSettings(ctx, tx, v.Org, o.Settings); err != nil {
			return err
		}
		return s.Log.Append(ctx, tx, v.Org, evidence.Entry{ID: s.IDs.New(), Kind: "staff.figures_agreed", At: v.Now,
			Record: map[string]any{"holds": a.Holds(), "reference": a.Reference, "since": a.Since, "by": v.ID}})
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/reports", http.StatusSeeOther)
	return nil
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
