package app

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"einklang/internal/engine/live"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/govern/uptime"
	"einklang/internal/rights/cases"
)

// runner is something that runs until ctx ends.
type runner struct {
	name string
	run  func(ctx context.Context)
}

// runners are all that runs in an installation.
func (a *App) runners() []runner {
	all := []runner{
		{"intake", a.Intake.Run},
		{"outbox", a.Outbox.Run},
		{"files", a.Shelf.Run},
		{"search", a.Search.Run},
		{"mails", a.Mails.Run},
		{"jobs", a.Jobs.Run},
		{"erasure", a.Erasure.Run},
		{"portal codes", a.Codes.Run},
		{"watch over the intake", uptime.Watch{DB: a.DB, Now: a.Config.Now, Log: a.Config.Log}.Run},
		{"webhooks again", a.Intake.AtStart},
	}
	for _, round := range a.rounds() {
		all = append(all, runner{"round " + round.Name, func(ctx context.Context) { round.Run(ctx, a.Config.Log) }})
	}
	if a.Config.Returns.Host != "" {
		reader := mail.NewReader(a.Config.Returns, a.Gate.Dial(mail.MailboxDestination), a.Mails.TakeReport, a.Config.Log)
		all = append(all, runner{"returned mails", reader.Run})
	}
	if a.Config.Requests.Host != "" {
		reader := mail.NewReader(a.Config.Requests.Mailbox, a.Gate.Dial(mail.RequestsDestination), cases.Mailbox{DB: a.DB, Cases: a.Cases, Log: a.Config.Log, Organisation: a.Config.Requests.Organisation, Orgs: a.Orgs}.Take, a.Config.Log)
		all = append(all, runner{"requests by mail", reader.Run})
	}
	if a.Config.Database != "" {
		all = append(all, runner{"signals between nodes", func(ctx context.Context) { live.Postgres(ctx, a.Config.Database, a.Hub, a.node, a.Config.Log) }})
	}
	return append(all, a.also...)
}

// AlsoRun has something further run with the installation. Call it before Run.
func (a *App) AlsoRun(name string, run func(ctx context.Context)) {
	a.also = append(a.also, runner{name, run})
}

// finishWithin is how long work under way may take to finish when the process
// is asked to end. It is not lost then: whatever was not committed begins anew
// with the next start, as after a crash.
const finishWithin = 5 * time.Second

// Run runs all that runs, and returns when ctx has ended and everything has
// finished what was under way, also when the database does not answer any more.
// Nobody may ask for anything by then: the doors are closed before. It ends
// early, with an error, if one of them breaks: what was left would be an
// installation that looks whole and is not.
func (a *App) Run(ctx context.Context) error {
	if err := a.succeed(ctx); err != nil {
		return err
	}
	return a.runAll(ctx, a.runners())
}

// succeed takes over what the process before us had leased, and then signs: a
// crash in between leaves the predecessor's name for the next attempt.
func (a *App) succeed(ctx context.Context) error {
	if before := a.folder.Before; before != "" {
		err := a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			return errors.Join(a.Outbox.Succeed(ctx, tx, before), a.Jobs.Succeed(ctx, tx, before))
		})
		if err != nil {
			return err
		}
	}
	return a.folder.Sign(a.node)
}

func (a *App) runAll(ctx context.Context, runners []runner) error {
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for _, r := range runners {
		all.Go(func() {
			if err := a.guarded(running, r); err != nil {
				stop(err)
			}
		})
	}
	<-running.Done()
	defer time.AfterFunc(finishWithin, a.DB.Abandon).Stop()
	all.Wait()
	a.Audit.Settle()
	if err := a.saveTransfers(context.WithoutCancel(ctx)); err != nil {
		a.Config.Log.Error("the transfer register could not be saved", "error", err)
	}
	if ctx.Err() == nil {
		return context.Cause(running)
	}
	return nil
}

// guarded runs a runner. A panic in it is logged with its stack, without the
// value that was given to panic: what it holds is not known.
func (a *App) guarded(ctx context.Context, r runner) (err error) {
	defer func() {
		if p := recover(); p != nil {
			a.Config.Log.Error("something that runs broke; the process ends in order", "runner", r.name, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s broke with %T: the log holds its stack", r.name, p)
		}
	}()
	r.run(ctx)
	return nil
}
