package app

import (
	"context"
	"errors"
)

// Rooms gives a command the districts that it asks for. What it does not ask
// for is not built, and nothing runs. One that lives in a running installation
// gives that installation's own.
type Rooms struct{ app *App }

// OpenRooms opens the database for a command, in a process of its own. On SQLite
// it has the data folder for itself: an error is folder.ErrInUse if somebody else
// has it.
func OpenRooms(ctx context.Context, c Config) (*Rooms, error) { return open(ctx, c, true) }

// Close closes the database and lets go of the data folder.
func (r *Rooms) Close() error { return r.app.Close() }

// Rooms are the districts of a running installation.
func (a *App) Rooms() *Rooms { return &Rooms{a} }

// Engine is the opened database with its keys.
func (r *Rooms) Engine() *Engine { return &r.app.Engine }

// Accounts are the company and its staff.
func (r *Rooms) Accounts() *Accounts {
	if r.app.Orgs == nil {
		r.app.Accounts = buildAccounts(&r.app.Engine)
	}
	return &r.app.Accounts
}

// Conversations are what was said.
func (r *Rooms) Conversations() *Conversations {
	if r.app.Threads == nil {
		r.app.Conversations = buildConversations(&r.app.Engine, r.Accounts())
	}
	return &r.app.Conversations
}

// Persons are the people that the company talks to.
func (r *Rooms) Persons() *Persons {
	if r.app.People == nil {
		r.app.Persons = buildPersons(&r.app.Engine, r.Accounts(), r.Conversations())
	}
	return &r.app.Persons
}

// All is the whole installation.
func (r *Rooms) All() (*App, error) {
	if r.Whole() {
		return r.app, nil
	}
	r.Persons()
	return r.app, r.app.complete()
}

// whole is All; what cannot be put together is closed.
func (r *Rooms) whole() (*App, error) {
	a, err := r.All()
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return a, nil
}

// Whole reports whether the whole installation is built, the one way out with
// it.
func (r *Rooms) Whole() bool { return r.app.Cockpit != nil }
