package search

import "einklang/internal/engine/store"

// Claims are the columns of this room that name something of a person's. Whoever
// deletes a message takes it out of the index; segments, whose lists of messages
// are packed, are made anew without it.
func (*Index) Claims() []store.Claim {
	return []store.Claim{{Table: "search_fresh", Column: "message_id", Of: "message"}}
}
