package retention

import "einklang/internal/engine/store"

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{store.OneOf("retention_clock", "doubt", Believed, Elsewhere, Back, Leap)}
}
