package audit

import (
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Who is the kind of an actor.
type Who string

// The kinds of actors.
const (
	Staff   Who = "staff"
	Person  Who = "person"  // on a public page: the person herself, or who has her secret
	Program Who = "program" // with a token of the organisation
	Device  Who = "device"  // a company phone, or who has its link
	Command Who = "command" // on the machine itself; the command line has no account
)

// Whos lists all kinds of actors.
func Whos() []Who { return []Who{Staff, Person, Program, Device, Command} }

// Checks are the closed sets of values in the tables.
func Checks() []store.Check { return []store.Check{store.OneOf("audit", "actor", Whos()...)} }

// Actor is who does something.
type Actor struct {
	Who Who
	ID  id.ID // the account, the person, the token, the phone; zero: there is none, or it is not known
}

// ByCommand is the command line.
func ByCommand() Actor { return Actor{Who: Command} }

// nobody stands in the column of the actor, which takes no NULL, where there is
// none.
var nobody = id.ID{15: 1}

func (a Actor) stored() id.ID {
	if a.ID.IsZero() {
		return nobody
	}
	return a.ID
}

func actorOf(who Who, stored id.ID) Actor {
	if stored == nobody {
		stored = id.ID{}
	}
	return Actor{who, stored}
}
