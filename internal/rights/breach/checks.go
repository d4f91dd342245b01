package breach

import "einklang/internal/engine/store"

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{store.OneOf("breach", "letter", NotSent, Going, Gone), store.OneOf("breach_letter", "way", ByWhatsApp, ByMail, NoWay), store.OneOf("breach", "risk", "", NoRisk, SomeRisk, HighRisk)}
}
