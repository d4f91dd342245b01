// Package app puts the parts together: it is the only place that knows them
// all. Building (build.go) is apart from running (run.go).
package app

import (
	"context"

	"einklang/internal/door/server"
	"einklang/internal/door/web/setup"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/machines"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/rights/backup"
)

// Engine are the machines on which all districts stand, and what the
// installation is told.
type Engine struct {
	machines.Machines
	Config Config
}

// App is an installation: all districts on one Engine.
type App struct {
	Engine
	Accounts
	Conversations
	Persons
	Consent
	Messaging
	CompanyPhones
	Rights
	Importing
	Govern
	Incoming

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
	r, err := open(ctx, c, false)
	if err != nil {
		return nil, err
	}
	return r.whole()
}

// open opens the machines, unless nothing may run on this database.
func open(ctx context.Context, c Config, visiting bool) (*Rooms, error) {
	c = c.withDefaults()
	if err := processors.CheckPlaces(c.Components); err != nil {
		return nil, err
	}
	return openWith(ctx, c, visiting, func(ctx context.Context, db *store.DB) error {
		if err := backup.Whole(ctx, db); err != nil {
			return err
		}
		return db.Check(ctx, c.Log, Checks())
	})
}

func openWith(ctx context.Context, c Config, visiting bool, prepare func(context.Context, *store.DB) error) (*Rooms, error) {
	outside, err := c.outside()
	if err != nil {
		return nil, err
	}
	m, err := machines.Open(ctx, machines.Options{Data: c.Data, Database: c.Database, RootKey: c.RootKey, Visiting: visiting, GraphURL: c.GraphURL,
		GraphVersion: c.GraphVersion, Mail: c.Mail, Outside: outside, Log: c.Log, SlowWrite: c.SlowWrite, Now: c.Now}, prepare)
	if err != nil {
		return nil, err
	}
	return &Rooms{&App{Engine: Engine{m, c}, Renew: make(jobs.Soon, 1)}}, nil
}
