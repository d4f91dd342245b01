package app

import (
	"context"
	"time"

	"einklang/internal/door/web/registers"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/uptime"
)

func (a *App) registers() {
	a.Registers = processors.New(a.Vault, a.IDs, a.Config.Now, a.Orgs)
	a.Orgs.Guard(processors.MayStart)
}

func (a *App) storage() processors.Storage {
	return processors.Storage{DB: a.DB, Numbers: a.Orgs, Client: a.Client}
}

func (a *App) mountRegisters(sh *shell.Shell) error {
	return registers.Mount(sh, registers.Parts{DB: a.DB, Orgs: a.Orgs, Registers: a.Registers, Storage: a.storage(), Destinations: a.Gate.Destinations(), Affects: a.affects, Facts: a.Facts})
}

// watchIntake beats while webhooks can be taken, so that each time in which
// they could not is known. When the database stays away, nobody can be told on
// a page, so the log says it.
func (a *App) watchIntake(ctx context.Context) {
	tick := time.NewTicker(uptime.Every)
	defer tick.Stop()
	reachable := time.Now()
	for warned := false; ; {
		if err := a.beat(ctx); err == nil {
			reachable, warned = time.Now(), false
		} else if away := time.Since(reachable); away >= uptime.WarnFrom && !warned && ctx.Err() == nil {
			a.Config.Log.Error("no webhook could be taken for ten minutes; without storage at Meta, content is lost after an hour", "minutes", int(away.Minutes()), "error", err)
			warned = true
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *App) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, uptime.Every)
	defer cancel()
	return a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		gap, found, err := uptime.Beat(ctx, tx, a.Config.Now())
		if found && gap.Severity() != uptime.Harmless {
			tx.AfterCommit(func() {
				a.Config.Log.Warn("webhooks could not be taken for a while", "minutes", int(gap.Length().Minutes()), "meaning", string(gap.Severity()))
			})
		}
		return err
	})
}

// SyncStorage asks Meta how it stores the content of each number.
func (a *App) SyncStorage(ctx context.Context) {
	channels, err := a.Orgs.AllChannels(ctx, a.DB)
	if err != nil {
		a.Config.Log.Error("the numbers cannot be read", "error", err)
		return
	}
	for _, c := range channels {
		if !c.Active {
			continue
		}
		if err := a.storage().Read(ctx, c.Org, c.ID); err != nil && ctx.Err() == nil {
			a.Config.Log.Warn("how Meta stores a number's content cannot be read; trying again later", "channel", c.ID.String(), "error", err)
		}
	}
}
