package reminder

import "einklang/internal/engine/store"

// Checks are the closed sets of values in the table of this package; topics are
// those that anybody reminds of.
func Checks(topics []string) []store.Check {
	return []store.Check{store.OneOf("reminder", "topic", topics...)}
}
