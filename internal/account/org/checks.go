package org

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("channel", "state", "active", "stopped"),
		store.OneOf("route", "kind", "number", "waba"),
		store.OneOf("channel", "product", "cloud_api").Soon("coexistence"),
	}
}
