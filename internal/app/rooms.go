package app

import (
	"context"
	"errors"
)

// Rooms gives a command the districts that it asks for. What it does not ask
// for is not built, and nothing runs. One that lives in a running installation
// gives that installation's own.
type Rooms struct {
	app   *App
	built stage
}

// stage is how far the house is built.
type stage int

// The stages, each with those before it.
const (
	withEngine stage = iota
	withAccounts
	withConversations
	withPersons
	withAll
)

// OpenRooms opens the database for a command, in a process of its own. On SQLite
// it has the data folder for itself: folder.ErrInUse if somebody else has it.
func OpenRooms(ctx context.Context, c Config) (*Rooms, error) {
	e, err := openEngine(ctx, c, true)
	if err != nil {
		return nil, err
	}
	return &Rooms{app: &App{Engine: e, renew: make(chan struct{}, 1)}}, nil
}

// Close closes the database and lets go of the data folder.
func (r *Rooms) Close() error { return r.app.Close() }

// Rooms are the districts of a running installation.
func (a *App) Rooms() *Rooms { return &Rooms{app: a, built: withAll} }

// Engine is the opened database with its keys.
func (r *Rooms) Engine() *Engine { return &r.app.Engine }

// Accounts are the company and its staff.
func (r *Rooms) Accounts() *Accounts {
	_ = r.upTo(withAccounts)
	return &r.app.Accounts
}

// Conversations are what was said.
func (r *Rooms) Conversations() *Conversations {
	_ = r.upTo(withConversations)
	return &r.app.Conversations
}

// Persons are the people that the company talks to.
func (r *Rooms) Persons() *Persons {
	_ = r.upTo(withPersons)
	return &r.app.Persons
}

// All is the whole installation.
func (r *Rooms) All() (*App, error) { return r.app, r.upTo(withAll) }

// upTo builds what is missing. Only the last stage can fail.
func (r *Rooms) upTo(wanted stage) (err error) {
	a := r.app
	for ; r.built < wanted && err == nil; r.built++ {
		switch r.built + 1 {
		case withAccounts:
			a.Accounts = buildAccounts(&a.Engine)
		case withConversations:
			a.Conversations = buildConversations(&a.Engine, &a.Accounts)
		case withPersons:
			a.Persons = buildPersons(&a.Engine, &a.Conversations)
		case withAll:
			err = a.complete()
		default:
			err = errors.New("there is no such stage")
		}
	}
	return err
}

// Whole reports whether the whole installation is built, the one way out with
// it.
func (r *Rooms) Whole() bool { return r.built == withAll }
