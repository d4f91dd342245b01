package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/uptime"
	"einklang/internal/messaging/intake"
	"einklang/internal/messaging/template"
	"einklang/internal/rule/id"
)

const (
	tidyEvery = time.Hour
	saveEvery = time.Minute
	syncEvery = 15 * time.Minute
)

// housekeeping does what comes round: it forgets what has been kept long
// enough, signs checkpoints, reads templates, and saves the transfer register.
// Each part may run on several nodes at once and twice in a row.
func (a *App) housekeeping(ctx context.Context) {
	tidy, save, sync := time.NewTicker(tidyEvery), time.NewTicker(saveEvery), time.NewTicker(syncEvery)
	defer tidy.Stop()
	defer save.Stop()
	defer sync.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tidy.C:
			a.Tidy(ctx)
			a.NoteCockpit(ctx)
		case <-save.C:
			a.saveTransfers(ctx)
			a.wake(ctx)
		case <-a.renew:
			a.SyncTemplates(ctx)
			a.SyncStorage(ctx)
		case <-sync.C:
			a.SyncTemplates(ctx)
			a.CheckProfiles(ctx)
			a.SyncStorage(ctx)
		}
	}
}

// Tidy forgets what has been kept long enough and signs a checkpoint for each
// organisation.
func (a *App) Tidy(ctx context.Context) {
	now := a.Config.Now()
	if err := a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return uptime.Forget(ctx, tx, now) }); err != nil {
		a.Config.Log.Error("old gaps of the intake could not be forgotten", "error", err)
	}
	orgs, err := a.Orgs.All(ctx, a.DB)
	if err != nil {
		a.Config.Log.Error("housekeeping could not begin", "error", err)
		return
	}
	for _, o := range orgs {
		err := a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			for _, forget := range a.forgetful() {
				if err := forget(ctx, tx, o.ID, now); err != nil {
					return err
				}
			}
			_, err := a.Log.Checkpoint(ctx, tx, o.ID)
			return err
		})
		err = errors.Join(err, a.tidyConsents(ctx, o.ID), a.mailCheckpoint(ctx, o), a.remind(ctx, o), a.retain(ctx, o))
		if err != nil {
			a.Config.Log.Error("housekeeping failed; it comes round again", "organisation", o.ID.String(), "error", err)
		}
	}
}

// forgetful are the parts that forget what they have kept long enough.
func (a *App) forgetful() []func(ctx context.Context, tx store.Tx, org id.ID, now time.Time) error {
	return []func(ctx context.Context, tx store.Tx, org id.ID, now time.Time) error{
		a.forgetParcels,
		a.Cases.ForgetMails,
		a.Intake.Forget,
		func(ctx context.Context, tx store.Tx, org id.ID, now time.Time) error {
			return a.Threads.Forget(ctx, tx, org, now.Add(-intake.PayloadLife))
		},
		func(ctx context.Context, tx store.Tx, org id.ID, now time.Time) error {
			return a.Outbox.Forget(ctx, tx, org, now.Add(-48*time.Hour))
		},
		a.Outbox.ForgetSecrets,
		func(ctx context.Context, tx store.Tx, _ id.ID, _ time.Time) error { return a.Users.Forget(ctx, tx) },
		func(ctx context.Context, tx store.Tx, org id.ID, _ time.Time) error {
			return a.tidyFirewall(ctx, tx, org)
		},
		a.Erasure.Forget,
		a.Cases.Forget,
		a.Visits.Forget,
		a.Holds.Forget,
		a.Holds.ForgetRuns,
		a.forgetImports,
		a.Reports.Forget,
		a.Mails.Tidy,
		func(ctx context.Context, tx store.Tx, org id.ID, now time.Time) error {
			return reminder.Forget(ctx, tx, org, now.Add(-reminder.Kept))
		},
	}
}

// saveTransfers adds what left the installation to the transfer register.
func (a *Engine) saveTransfers(ctx context.Context) {
	counts := a.Gate.Drain()
	day := a.Config.Now()
	err := a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return processors.Record(ctx, tx, day, counts)
	})
	if err != nil {
		a.Gate.Restore(counts)
		a.Config.Log.Error("the transfer register could not be saved; trying again", "error", err)
	}
}

// SyncTemplates reads the templates of every account from Meta.
func (a *App) SyncTemplates(ctx context.Context) {
	channels, err := a.Orgs.AllChannels(ctx, a.DB)
	if err != nil {
		return
	}
	seen := map[string]bool{}
	for _, c := range channels {
		key := c.Org.String() + c.WABA
		if seen[key] || !c.Active {
			continue
		}
		seen[key] = true
		if err := a.syncAccount(ctx, c); err != nil && ctx.Err() == nil {
			a.Config.Log.Warn("the templates of an account cannot be read; trying again later", "channel", c.ID.String(), "error", err)
		}
	}
}

func (a *App) syncAccount(ctx context.Context, c org.Channel) error {
	token, err := a.Orgs.Token(ctx, a.DB, c)
	if err != nil {
		return err
	}
	listed, err := a.Client.Account(c.WABA, token).Templates(ctx)
	if err != nil {
		return err
	}
	all := make([]template.Template, 0, len(listed))
	for _, t := range listed {
		one := template.Template{Name: t.Name, Language: t.Language, Category: t.Category, State: t.Status, Format: t.ParameterFormat, MetaID: t.ID}
		if err := json.Unmarshal(t.Components, &one.Parts); err != nil {
			a.Config.Log.Warn("a template cannot be read and is left out", "channel", c.ID.String())
			continue
		}
		all = append(all, one)
	}
	return a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return a.Templates.Put(ctx, tx, c.Org, c.WABA, all) })
}
