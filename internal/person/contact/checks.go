package contact

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("contact", "state", "active", "merged", "erasing", "erased"),
		store.OneOf("contact", "locale", "", "de", "en"), // empty: that of the organisation
		store.OneOf("identity", "kind", Kinds()...),
		store.OneOf("identity_joined", "how", "joined", "parted"),
		store.OneOf("number_question", "source", ByImport, ByForm, ByProgram, ByStaff),
		store.OneOf("number_question", "state", Asked, Others, Hers),
	}
}
