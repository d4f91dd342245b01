package app

import (
	"context"
	"errors"

	"einklang/internal/engine/jobs"
	"einklang/internal/engine/live"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/govern/uptime"
	"einklang/internal/rights/cases"
)

// runners are all that runs in an installation.
func (a *App) runners() []jobs.Running {
	all := []jobs.Running{
		{Name: "intake", Run: a.Intake.Run},
		{Name: "outbox", Run: a.Outbox.Run},
		{Name: "files", Run: a.Shelf.Run},
		{Name: "search", Run: a.Search.Run},
		{Name: "mails", Run: a.Mails.Run},
		{Name: "jobs", Run: a.Jobs.Run},
		{Name: "erasure", Run: a.Erasure.Run},
		{Name: "portal codes", Run: a.Codes.Run},
		{Name: "watch over the intake", Run: uptime.Watch{DB: a.DB, Now: a.Config.Now, Log: a.Config.Log}.Run},
		{Name: "webhooks again", Run: a.Intake.AtStart},
	}
	for _, round := range a.rounds() {
		all = append(all, jobs.Running{Name: "round " + round.Name, Run: func(ctx context.Context) { round.Run(ctx, a.Config.Log) }})
	}
	if a.Config.Returns.Host != "" {
		reader := mail.NewReader(a.Config.Returns, a.Gate.Dial(mail.MailboxDestination), a.Mails.TakeReport, a.Config.Log)
		all = append(all, jobs.Running{Name: "returned mails", Run: reader.Run})
	}
	if a.Config.Requests.Host != "" {
		reader := mail.NewReader(a.Config.Requests.Mailbox, a.Gate.Dial(mail.RequestsDestination), cases.Mailbox{DB: a.DB, Cases: a.Cases, Log: a.Config.Log, Organisation: a.Config.Requests.Organisation, Orgs: a.Orgs}.Take, a.Config.Log)
		all = append(all, jobs.Running{Name: "requests by mail", Run: reader.Run})
	}
	if a.Config.Database != "" {
		all = append(all, jobs.Running{Name: "signals between nodes", Run: func(ctx context.Context) { live.Postgres(ctx, a.Config.Database, a.Hub, a.Node, a.Config.Log) }})
	}
	return append(all, a.also...)
}

// AlsoRun has something further run with the installation. Call it before Run.
func (a *App) AlsoRun(name string, run func(ctx context.Context)) {
	a.also = append(a.also, jobs.Running{Name: name, Run: run})
}

// Run runs all that runs, and returns when ctx has ended and everything has
// finished what was under way, also when the database does not answer any more.
// Nobody may ask for anything by then: the doors are closed before. It ends
// early, with an error, if something that runs breaks.
func (a *App) Run(ctx context.Context) error {
	if err := a.succeed(ctx); err != nil {
		return err
	}
	return jobs.Crew{All: a.runners(), Log: a.Config.Log, Abandon: a.DB.Abandon, Last: func(ctx context.Context) {
		a.Audit.Settle()
		if err := a.saveTransfers(ctx); err != nil {
			a.Config.Log.Error("the transfer register could not be saved", "error", err)
		}
	}}.Run(ctx)
}

// succeed takes over what the process before us had leased, and then signs: a
// crash in between leaves the predecessor's name for the next attempt.
func (a *App) succeed(ctx context.Context) error {
	if before := a.Folder.Before; before != "" {
		err := a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			return errors.Join(a.Outbox.Succeed(ctx, tx, before), a.Jobs.Succeed(ctx, tx, before))
		})
		if err != nil {
			return err
		}
	}
	return a.Folder.Sign(a.Node)
}
