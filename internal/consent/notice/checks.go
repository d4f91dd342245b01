package notice

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("notice_delivery", "state", "queued", "sent"),
		store.OneOf("notice_profile", "state", Linked, Missing, Unread),
	}
}
