package user

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("account", "role", append(Roles(), own)...),
		store.OneOf("factor_demand", "role", Roles()...),
		store.OneOf("account", "state", "active", "inactive"),
		store.OneOf("account", "locale", "de", "en"),
	}
}
