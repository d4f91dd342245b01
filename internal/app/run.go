package app

import (
	"context"

	"einklang/internal/engine/jobs"
	"einklang/internal/engine/live"
	"einklang/internal/engine/mail"
	"einklang/internal/govern/uptime"
	"einklang/internal/rights/cases"
)

// runners are all that runs in an installation.
func (a *App) runners() []jobs.Running {
	c := a.Config
	returns := mail.NewReader(c.Returns, a.Gate.Dial(mail.MailboxDestination), a.Mails.TakeReport, c.Log)
	box := cases.Mailbox{DB: a.DB, Cases: a.Cases, Log: c.Log, Organisation: c.Requests.Organisation, Orgs: a.Orgs, People: a.People, Consents: a.Consents}
	requests := mail.NewReader(c.Requests.Mailbox, a.Gate.Dial(mail.RequestsDestination), box.Take, c.Log)
	all := []jobs.Running{
		{Name: "intake", Run: a.Intake.Run},
		{Name: "outbox", Run: a.Outbox.Run},
		{Name: "files", Run: a.Shelf.Run},
		{Name: "search", Run: a.Search.Run},
		{Name: "mails", Run: a.Mails.Run},
		{Name: "jobs", Run: a.Jobs.Run},
		{Name: "erasure", Run: a.Erasure.Run},
		{Name: "portal codes", Run: a.Codes.Run},
		{Name: "watch over the intake", Run: uptime.Watch{DB: a.DB, Now: c.Now, Log: c.Log}.Run},
		{Name: "webhooks again", Run: a.Intake.AtStart},
		{Name: "returned mails", Run: returns.Run},
		{Name: "requests by mail", Run: requests.Run},
	}
	for _, round := range a.rounds() {
		all = append(all, jobs.Running{Name: "round " + round.Name, Run: func(ctx context.Context) { round.Run(ctx, c.Log) }})
	}
	if c.Database != "" {
		all = append(all, jobs.Running{Name: "signals between nodes", Run: func(ctx context.Context) { live.Postgres(ctx, c.Database, a.Hub, a.Node, c.Log) }})
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
	if err := a.Succeed(ctx, a.Outbox.Succeed, a.Jobs.Succeed); err != nil {
		return err
	}
	if err := a.Search.BuildDue(ctx); err != nil {
		return err
	}
	return jobs.Crew{All: a.runners(), Log: a.Config.Log, Abandon: a.DB.Abandon, Ended: a.DB.Ended, Last: func(ctx context.Context) {
		a.Audit.Settle()
		if err := a.SaveTransfers(ctx); err != nil {
			a.Config.Log.Error("the transfer register could not be saved", "error", err)
		}
	}}.Run(ctx)
}
