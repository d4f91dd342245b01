package device

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("device", "state", "active", "revoked"),
		store.OneOf("device", "product", Consumer, Business, None),
		store.OneOf("device", "platform", IOS, Android, Computer),
		store.OneOf("device", "management", Unmanaged, WorkProfile, Supervised),
		store.OneOf("device", "standing", Open, Frozen, Empty),
		store.OneOf("device_shot", "item", Items()...),
		store.OneOf("device_link", "purpose", ToCheck, ToEnrol),
	}
}
