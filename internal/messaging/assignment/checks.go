package assignment

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("team", "assignment", ByHand, RoundRobin, LeastLoad),
		store.OneOf("work_item", "kind", Kinds()...),
		store.OneOf("label", "colour", Colours()...),
	}
}

// Kinds are all kinds of what happened to a conversation.
func Kinds() []Kind {
	return []Kind{Note, Assigned, TeamGiven, Unassigned, Closed, Reopened, Snoozed, MovedOn, CameFrom}
}
