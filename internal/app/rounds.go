package app

import (
	"context"
	"errors"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/account/token"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/letterbox"
	"einklang/internal/engine/seal"
	"einklang/internal/engine/store"
	"einklang/internal/govern/agenda"
	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/uptime"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/template"
	"einklang/internal/person/contact"
	"einklang/internal/person/link"
	"einklang/internal/rights/answer"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/retention"
)

// rounds is what comes round: each room says how often.
func (a *App) rounds() []jobs.Round {
	atOnce := make(jobs.Soon, 1) // what was started, or restored, may be older than these rules
	atOnce.Ask()
	atMails := make(jobs.Soon, 1)
	atMails.Ask()
	atAddresses := make(jobs.Soon, 1)
	atAddresses.Ask()
	sure := a.Retention.Sure(a.Orgs.IDs)
	all := []jobs.Round{
		{Name: "identities", Every: contact.RekeyEvery, Soon: atOnce, Do: func(ctx context.Context) error { return a.People.Rekey(ctx, a.DB, a.Log, a.Orgs.IDs) }},
		{Name: "consents by mail", Every: optin.ReviewEvery, Soon: atMails, Do: func(ctx context.Context) error { return a.Consents.ReviewAll(ctx, a.DB, a.People, a.Orgs.IDs) }},
		{Name: "mail addresses", Every: contact.RekeyEvery, Soon: atAddresses, Do: func(ctx context.Context) error { return a.People.IndexMails(ctx, a.DB, a.Orgs.IDs) }},
		{Name: "erasures ordered in the portal", Every: answer.ErasureEvery, Final: true, Do: func(ctx context.Context) error { return a.Answers.EraseDue(ctx, a.DB, sure) }},
		{Name: "letters about breaches", Every: breach.LetterEvery, Soon: a.BreachLetters.Soon, Final: true, Do: func(ctx context.Context) error {
			return a.BreachLetters.SendAll(ctx, a.DB, a.Retention.Believed(a.Orgs.IDs))
		}},
		{Name: "opt-ins", Every: optin.LookEvery, Do: func(ctx context.Context) error { return a.Requests.LookAll(ctx, a.DB, a.Orgs.IDs) }},
		{Name: "expiry", Every: retention.ExpireEvery, Final: true, Do: a.expiry().Run},
		{Name: "cockpit", Every: facts.NoteEvery, Do: func(ctx context.Context) error { return a.Cockpit.NoteAll(ctx, a.Orgs.IDs) }},
		{Name: "transfers", Every: processors.SaveEvery, Do: a.SaveTransfers},
		{Name: "processors", Every: processors.RecheckEvery, Do: func(ctx context.Context) error { return a.Registers.RecheckAll(ctx, a.DB, a.Orgs.IDs) }},
		{Name: "wake", Every: conversation.WakeEvery, Do: func(ctx context.Context) error { return a.Threads.WakeAll(ctx, a.DB, a.Orgs.IDs) }},
		{Name: "links", Every: link.RoundEvery, Final: true, Do: func(ctx context.Context) error { return a.Links.MergeDue(ctx, a.DB, sure) }},
		{Name: "four eyes", Every: approval.RipenEvery, Final: true, Do: func(ctx context.Context) error { return a.Approvals.RipenAll(ctx, a.DB, sure) }},
		{Name: "notices", Every: notice.RecheckEvery, Do: func(ctx context.Context) error { return a.Notices.RecheckAll(ctx, a.DB, a.Orgs.IDs) }},
		{Name: "seals", Every: seal.Every, Do: func(ctx context.Context) error { return a.Seals.KeepAll(ctx, a.Orgs.IDs) }},
		{Name: "letter boxes", Every: agenda.BoxesEvery, Do: a.LetterBoxes().Look},
		{Name: "profiles", Every: notice.ProfilesEvery, Do: a.Profiles.CheckAll},
		{Name: "meta", Every: template.SyncEvery, Soon: a.Renew, Do: func(ctx context.Context) error { return errors.Join(a.Sync.All(ctx), a.Storage.ReadAll(ctx)) }},
	}
	if s := a.Schedule; s != nil {
		all = append(all, jobs.Round{Name: "backups", Every: backup.LookEvery, Soon: s.Soon, Final: true, Do: s.Look})
	}
	if c := a.Copier(); c != nil {
		all = append(all, jobs.Round{Name: "journal", Every: backup.CopyEvery, Do: c.Copy})
	}
	return all
}

// LetterBoxes looks whether those who take webhooks while we are down are there,
// and tells a monitor that we are.
func (a *App) LetterBoxes() *agenda.Boxes {
	b := &agenda.Boxes{DB: a.DB, Now: a.Config.Now, Boxes: a.Boxes, Orgs: a.Orgs.All, Reminders: a.Reminders}
	if m := a.Config.Monitor; m.URL != "" {
		client := a.Gate.Client(letterbox.MonitorDestination)
		b.Pulse = func(ctx context.Context) error {
			if err := a.Door.Ready(ctx, a.DB); err != nil {
				return err
			}
			return m.Call(ctx, client)
		}
	}
	return b
}

// expiry is who deletes what has been kept long enough, and what follows.
func (a *App) expiry() retention.Expiry {
	agenda := agenda.Agenda{DB: a.DB, Now: a.Config.Now, Approvals: a.Approvals, Breaches: a.Breaches, Cases: a.Cases, Processors: a.Registers, Devices: a.Devices, Numbers: a.Orgs, Notices: a.Notices,
		Webhooks: a.Intake, Files: a.Shelf, Reminders: a.Reminders, Evidence: a.Log, Mail: a.Post.Configured()}
	return retention.Expiry{DB: a.DB, Now: a.Config.Now, Log: a.Config.Log, Orgs: a.Orgs, Clock: a.Retention.Clock,
		All:   []func(context.Context, store.Tx, time.Time) error{uptime.Expire, a.Users.Expire, a.Factors.Expire, backup.ExpireRuns, a.endRootKeys},
		Rooms: []retention.Expire{a.Keepers().Expire, a.Vault.ExpireFleeting, a.Devices.Expire, a.Erasure.Expire, a.Box.Expire, a.Reports.Expire, reminder.Expire, token.Expire, a.Log.SignDaily},
		Then: []func(context.Context, org.Org) error{
			func(ctx context.Context, o org.Org) error { return a.Consents.LapseAll(ctx, a.DB, o.ID, a.People) },
			agenda.Checkpoint, agenda.Remind, a.Retention.DailyFor},
	}
}

// endRootKeys ends the root keys before the newest, once no copy of the keys in a
// backup is sealed by them any more.
func (a *App) endRootKeys(ctx context.Context, tx store.Tx, now time.Time) error {
	ended, err := a.Root.EndOlder(ctx, tx, now.Add(-a.Config.Backup.Kept().Keys))
	if err == nil && ended > 0 {
		a.Config.Log.Info("older root keys have ended; back the file up, and destroy older copies of it", "keys", ended)
	}
	return err
}

// Expire has everybody delete what has been kept long enough.
func (a *App) Expire(ctx context.Context) {
	if err := a.expiry().Run(ctx); err != nil {
		a.Config.Log.Error("housekeeping could not begin", "error", err)
	}
}
