package contact

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("contact", "state", "active", "merged", "erasing", "erased"),
		store.OneOf("identity", "kind", Kinds()...),
	}
}

// Kinds are the kinds of identity, also of those who were erased.
func Kinds() []string { return []string{kindPhone, kindBSUID, kindParent, kindFormer} }
