package conversation

import (
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("conversation", "state", "open", "closed"),
		store.OneOf("conversation", "last_state", append(chat.States(), "")...),
		store.OneOf("conversation", "keep_as", Keeps()...),
		store.OneOf("message", "state", chat.States()...),
		store.OneOf("message", "origin", chat.Origins()...),
		store.OneOf("early", "kind", StatusChange, ReactionChange, EditChange, RevokeChange),
	}
}
