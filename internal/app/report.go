package app

import (
	"context"
	"time"

	"einklang/internal/door/web/reports"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/govern/report"
	"einklang/internal/rule/id"
)

// reportRules judges waits by an organisation's working hours and its teams'
// targets.
func reportRules(acc *Accounts, m *Messaging) func(context.Context, store.Reader, id.ID) (report.Rules, error) {
	return func(ctx context.Context, r store.Reader, org id.ID) (rules report.Rules, err error) {
		o, err := acc.Orgs.Get(ctx, r, org)
		if err != nil {
			return rules, err
		}
		hours, err := o.Settings.Schedule()
		if err != nil {
			return rules, err
		}
		teams, err := m.Work.Teams(ctx, r, org)
		if err != nil {
			return rules, err
		}
		rules = report.Rules{Worked: hours.Worked, Zone: hours.Location, Targets: map[id.ID]time.Duration{}}
		for _, t := range teams {
			rules.Targets[t.ID] = t.Target
		}
		return rules, nil
	}
}

func (a *App) mountReports(sh *shell.Shell) error {
	return reports.Mount(sh, reports.Parts{DB: a.DB, Orgs: a.Orgs, Work: a.Work, Reports: a.Reports, Log: a.Log, IDs: a.IDs,
		Agreements: report.NewAgreements(a.Vault, a.IDs, a.Config.Now), Approvals: a.Approvals, Users: a.Users})
}
