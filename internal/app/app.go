// Package app runs an installation: what runs (run.go), what comes round
// (rounds.go), and the ways in (doors.go). What it runs is built in app/house.
package app

import (
	"context"
	"errors"

	"einklang/internal/app/house"
	"einklang/internal/door/portal"
	"einklang/internal/door/server"
	"einklang/internal/door/web/setup"
	"einklang/internal/door/webhook"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/letterbox"
	"einklang/internal/engine/store"
	"einklang/internal/govern/uptime"
)

// Config is what an installation is told.
type Config = house.Config

// App is an installation that can run: a house with its doors.
type App struct {
	*house.House

	Door    *webhook.Door
	Relayed *webhook.Relayed
	Codes   *portal.Codes
	// Renew has what Meta knows of the numbers be read at once: templates, and
	// where their content is stored.
	Renew jobs.Soon

	also    []jobs.Running // that others have run with it
	opening *setup.Opening
	front   *server.Node
}

// Open opens an installation and puts it together. Run runs it, and Close
// closes it after that.
func Open(ctx context.Context, c Config) (*App, error) {
	h, err := house.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	log := h.Config.Log
	a := &App{House: h, Door: webhook.New(h.Config.Apps, h.Intake, log), Codes: portal.NewCodes(log), Renew: make(jobs.Soon, 1), opening: setup.NewOpening(h.DB, h.Orgs)}
	key, err := letterbox.KeyOf(h.Root)
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	a.Relayed = &webhook.Relayed{Door: a.Door, Key: key, Take: h.Intake.AcceptFrom, Heard: a.heard, Now: h.Config.Now, Log: log}
	a.front = &server.Node{Log: log, Announce: h.Config.Announce,
		Ready: func(ctx context.Context) error { return a.Door.Ready(ctx, a.DB) },
		Seen: func() map[string]any {
			return map[string]any{"webhooks": a.Door.Counts(), "intake": a.Intake.Counts(), "database": a.DB.Engine()}
		}}
	return a, nil
}

// heard notes that a letter box is there.
func (a *App) heard(ctx context.Context, name string, s letterbox.Status) error {
	return a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return uptime.Heard(ctx, tx, name, a.Config.Now(), s) })
}
