package erasure

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package; kinds are
// those that an identity can have.
func Checks(kinds []string) []store.Check {
	return []store.Check{
		store.OneOf("erasure", "step", Steps()...),
		store.OneOf("erasure", "source", "desk", "portal", "retention", Restored),
		store.OneOf("kept", "duty", dutyOfProof),
		store.OneOf("tombstone", "kind", kinds...),
		store.OneOf("erasure_recipient", "state", Waiting, Told, Refused, Unanswered),
	}
}
