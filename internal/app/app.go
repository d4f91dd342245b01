// Package app puts the parts together: it is the only place that knows them
// all. Building (build.go) is apart from running (run.go).
package app

import (
	"context"
	"errors"

	"einklang/internal/door/server"
	"einklang/internal/door/web/setup"
	"einklang/internal/engine/jobs"
	"einklang/internal/govern/processors"
)

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

	also    []jobs.Running // that others have run with it
	renew   chan struct{}  // asks for templates and storage of a new number
	opening *setup.Opening
	front   *server.Node
}

// Open opens an installation and puts it together. Run runs it, and Close
// closes it after that.
func Open(ctx context.Context, c Config) (*App, error) {
	if err := processors.CheckPlaces(c.Components); err != nil {
		return nil, err
	}
	return open(ctx, c, ready)
}

func open(ctx context.Context, c Config, prepare func(context.Context, *Engine) error) (*App, error) {
	e, err := openEngine(ctx, c, false, prepare)
	if err != nil {
		return nil, err
	}
	a, err := newRooms(e).All()
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return a, nil
}

// Close closes the database and lets go of the data folder. Whatever runs has
// ended by then.
func (a *App) Close() error { return a.close() }
