package app

import (
	"context"
	"strings"

	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/uptime"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// openCockpit lists those who count what they keep, for the cockpit and the
// documents.
func (a *App) openCockpit() {
	a.Cockpit = &facts.Cockpit{DB: a.DB, Now: a.Config.Now, HTTPS: strings.HasPrefix(a.Config.PublicURL, "https://"), First: []facts.Counter{a.Orgs.Facts, a.Devices.Facts}, Counters: []facts.Counter{
		a.Consents.Facts, a.Requests.Facts, a.Post.Facts, a.Outbox.Facts, a.Threads.Facts, a.Users.Facts, a.Audit.Facts,
		a.Notices.Facts(a.Texts["de"].T, a.Texts["en"].T), a.Log.Facts, a.Registers.Facts, processors.FactsOfTransfers(a.Gate),
		processors.FactsOfComponents(a.Config.Components, a.Config.Database != ""), uptime.Facts, a.Work.Facts, a.Attributes.Facts,
		a.Imports.Facts, a.Erasure.Facts, a.Holds.Facts, a.Cases.Facts, a.Breaches.Facts, backup.NewWatch(a.Backups, a.Config.Backup.Kept(), a.Config.Log).Facts,
		facts.Unjudged(a.Threads.Given, a.Outbox.Allowed), facts.Unasked(a.Imports.Brought, a.Consents.Consenting, a.People.Active)}}
}

// Facts counts how an organisation stands now.
func (a *App) Facts(ctx context.Context, org id.ID) (cockpit.Facts, error) {
	return a.Cockpit.Facts(ctx, org)
}
