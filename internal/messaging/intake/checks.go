package intake

import (
	"einklang/internal/engine/store"
	"einklang/internal/rule/identity"
)

// The states of a payload.
const (
	stateApplied = "applied"
	statePoison  = "poison" // waits until it can be applied
	stateLost    = "lost"   // it never could: its content is gone after [PoisonLife]
	// stateDiscarded: somebody decided that it is not needed, and its content is gone.
	// Rows and backups of earlier releases have the word.
	stateDiscarded = "dropped"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("payload", "state", stateApplied, statePoison, stateLost, stateDiscarded),
		store.OneOf("early_word", "word", wordStop, wordResume),
		store.OneOf("early_word", "kind", identity.Phone, identity.BSUID),
		store.OneOf("discarded", "kind", thrownContacts, thrownChats, thrownGroup),
	}
}
