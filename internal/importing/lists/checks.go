package lists

import (
	"einklang/internal/engine/store"
	"einklang/internal/importing/lists/table"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("import", "format", table.CSV, table.XLSX, table.VCard),
		store.OneOf("import", "state", Staged, Checking, Checked, Running, Done, Undoing, Undone, Failed, Discarded),
		store.OneOf("import_row", "outcome", Created, Known, Refused),
		store.OneOf("import_sorted", "what", byLabel, byAttribute),
		store.OneOf("information_duty", "how", "", ByNotice, ByLetter, ByEMail, ByWord),
		store.OneOf("moving_step", "step", Steps()...),
	}
}
