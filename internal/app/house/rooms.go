package house

import (
	"context"
	"errors"
)

// Rooms gives a command the districts that it asks for. What it does not ask
// for is not built, and nothing runs. One that lives in a running installation
// gives that installation's own.
type Rooms struct{ house *House }

// OpenRooms opens the database for a command, in a process of its own. On SQLite
// it has the data folder for itself: an error is folder.ErrInUse if somebody else
// has it.
func OpenRooms(ctx context.Context, c Config) (*Rooms, error) { return open(ctx, c, true) }

// Close closes the database and lets go of the data folder.
func (r *Rooms) Close() error { return r.house.Close() }

// Rooms are the districts of a running installation.
func (h *House) Rooms() *Rooms { return &Rooms{h} }

// Engine is the opened database with its keys.
func (r *Rooms) Engine() *Engine { return &r.house.Engine }

// Accounts are the company and its staff.
func (r *Rooms) Accounts() *Accounts {
	if r.house.Orgs == nil {
		r.house.Accounts = buildAccounts(&r.house.Engine)
	}
	return &r.house.Accounts
}

// Conversations are what was said.
func (r *Rooms) Conversations() *Conversations {
	if r.house.Threads == nil {
		r.house.Conversations = buildConversations(&r.house.Engine, r.Accounts())
	}
	return &r.house.Conversations
}

// Persons are the people that the company talks to.
func (r *Rooms) Persons() *Persons {
	if r.house.People == nil {
		r.house.Persons = buildPersons(&r.house.Engine, r.Accounts(), r.Conversations())
	}
	return &r.house.Persons
}

// All is the whole installation.
func (r *Rooms) All() (*House, error) {
	if r.Whole() {
		return r.house, nil
	}
	r.Persons()
	return r.house, r.house.complete()
}

// whole is All; what cannot be put together is closed.
func (r *Rooms) whole() (*House, error) {
	h, err := r.All()
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return h, nil
}

// Whole reports whether the whole installation is built, the one way out with
// it.
func (r *Rooms) Whole() bool { return r.house.Cockpit != nil }
