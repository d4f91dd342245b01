// Package app puts the parts together: it is the only place that knows them
// all. Building (build.go) is apart from running (run.go).
package app

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
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

	again   again
	backups backupState
	reached reached
	leaving atomic.Bool // nothing new is to come here
	also    []runner    // that others have run with it

	renew   chan struct{} // asks for templates and storage of a new number
	setup   sync.Once
	code    string      // opens the first-run assistant
	founded atomic.Bool // there is an organisation
}

// Open opens an installation and puts it together. Run runs it, and Close
// closes it after that.
func Open(ctx context.Context, c Config) (*App, error) {
	e, err := openEngine(ctx, c, false)
	if err != nil {
		return nil, err
	}
	a, err := build(e)
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return a, nil
}

// Close closes the database and lets go of the data folder. Whatever runs has
// ended by then.
func (a *App) Close() error { return a.close() }

// mergeVisits ends what a person began on the public page: who she is, is
// asked anew.
func (a *App) mergeVisits(ctx context.Context, tx store.Tx, org, from, _ id.ID) error {
	return a.Visits.End(ctx, tx, org, from)
}
