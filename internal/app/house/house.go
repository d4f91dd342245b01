// Package house builds an installation: the districts one after another
// (build.go), who keeps something about people (keepers.go) and who counts what
// (count.go). Building starts nothing, calls nobody and writes nothing. It is
// the only place that knows all rooms; app runs them.
package house

import (
	"context"

	"einklang/internal/engine/journal"
	"einklang/internal/engine/machines"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/messaging/intake"
	"einklang/internal/rights/backup"
)

// Engine are the machines on which all districts stand, and what the
// installation is told.
type Engine struct {
	machines.Machines
	Config  Config
	Journal *journal.Journal // of what no restore may undo
	// Restores tells who waits because a restore may have lost decisions.
	Restores *backup.Holds
}

// House is an installation that is built: all districts on one Engine.
type House struct {
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
	Intake *intake.Intake
}

// Open opens the machines of an installation and builds it on them. Close closes
// it.
func Open(ctx context.Context, c Config) (*House, error) {
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
	return &Rooms{&House{Engine: Engine{m, c, journal.New(c.Backup.Configured(), c.Now), new(backup.Holds)}}}, nil
}
