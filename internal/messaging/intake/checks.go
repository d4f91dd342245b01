package intake

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("payload", "state", "applied", "poison"),
		store.OneOf("discarded", "kind", thrownContacts, thrownChats, thrownGroup),
	}
}
