package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/consent/notice"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/govern/agenda"
	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/uptime"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/template"
	"einklang/internal/person/contact"
	"einklang/internal/person/link"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/retention"
)

// rounds is what comes round: each room says how often.
func (a *App) rounds() []jobs.Round {
	atOnce := make(jobs.Soon, 1) // what was started, or restored, may be older than these rules
	atOnce.Ask()
	return []jobs.Round{
		{Name: "identities", Every: contact.RekeyEvery, Soon: atOnce, Do: func(ctx context.Context) error { return a.People.Rekey(ctx, a.DB, a.Log, a.Orgs.IDs) }},
		{Name: "tidy", Every: retention.ExpireEvery, Do: a.expiry().Run},
		{Name: "cockpit", Every: facts.NoteEvery, Do: func(ctx context.Context) error { return a.Cockpit.NoteAll(ctx, a.Orgs.IDs) }},
		{Name: "transfers", Every: processors.SaveEvery, Do: a.saveTransfers},
		{Name: "wake", Every: conversation.WakeEvery, Do: func(ctx context.Context) error { return a.Threads.WakeAll(ctx, a.DB, a.Orgs.IDs) }},
		{Name: "links", Every: link.RoundEvery, Do: func(ctx context.Context) error { return a.Links.MergeDue(ctx, a.DB, a.Orgs.IDs) }},
		{Name: "notices", Every: notice.RecheckEvery, Do: func(ctx context.Context) error { return a.Notices.RecheckAll(ctx, a.DB, a.Orgs.IDs) }},
		{Name: "profiles", Every: notice.ProfilesEvery, Do: a.Profiles.CheckAll},
		{Name: "meta", Every: template.SyncEvery, Soon: a.Renew, Do: func(ctx context.Context) error { return errors.Join(a.Sync.All(ctx), a.Storage.ReadAll(ctx)) }},
	}
}

func (a *Engine) saveTransfers(ctx context.Context) error {
	return processors.Save(ctx, a.DB, a.Gate, a.Config.Now())
}

// expiry is who forgets what has been kept long enough, and what follows.
func (a *App) expiry() retention.Expiry {
	agenda := agenda.Agenda{DB: a.DB, Now: a.Config.Now, Approvals: a.Approvals, Breaches: a.Breaches, Cases: a.Cases, Processors: a.Registers, Devices: a.Devices, Numbers: a.Orgs, Notices: a.Notices,
		Reminders: reminder.New(a.Users, a.Mails, a.Texts, a.Config.PublicURL, a.Config.Now), Evidence: a.Log, Mail: a.Post.Configured()}
	return retention.Expiry{DB: a.DB, Now: a.Config.Now, Log: a.Config.Log, Orgs: a.Orgs, Clock: a.Retention.Clock,
		All:   []func(context.Context, store.Tx, time.Time) error{uptime.Expire, a.Users.Expire},
		Rooms: []retention.Expire{a.keepers().Expire, a.Requests.Expire, a.Devices.Expire, a.Erasure.Expire, a.Box.Expire, a.Reports.Expire, reminder.Expire, a.Log.SignDaily},
		Then: []func(context.Context, org.Org) error{
			func(ctx context.Context, o org.Org) error { return a.Consents.LapseAll(ctx, a.DB, o.ID, a.People) },
			agenda.Checkpoint, agenda.Remind, a.Retention.DailyFor},
	}
}

// Expire has everybody forget what has been kept long enough.
func (a *App) Expire(ctx context.Context) {
	if err := a.expiry().Run(ctx); err != nil {
		a.Config.Log.Error("housekeeping could not begin", "error", err)
	}
}

// openCockpit lists those who count what they keep, for the cockpit and the
// documents.
func (a *App) openCockpit() {
	a.Cockpit = &facts.Cockpit{DB: a.DB, Now: a.Config.Now, HTTPS: strings.HasPrefix(a.Config.PublicURL, "https://"), First: []facts.Counter{a.Orgs.Facts, a.Devices.Facts}, Counters: []facts.Counter{
		a.Consents.Facts, a.Requests.Facts, a.Post.Facts, a.Outbox.Facts, a.Threads.Facts, a.Users.Facts, a.Audit.Facts,
		a.Notices.Facts, a.Log.Facts, a.Registers.Facts, processors.FactsOfTransfers(a.Gate),
		processors.FactsOfComponents(a.Config.Components, a.Config.Database != ""), uptime.Facts, a.Work.Facts, a.Attributes.Facts,
		a.Imports.Facts, a.Erasure.Facts, a.Holds.Facts, a.Cases.Facts, a.Breaches.Facts, backup.NewWatch(a.Backups, a.Config.Backup.Kept(), a.Config.Log).Facts,
		facts.Unjudged(a.Threads.Given, a.Outbox.Allowed), facts.Unasked(a.Imports.Brought, a.Consents.Consenting, a.People.Active)}}
}
