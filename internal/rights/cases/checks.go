package cases

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("privacy_case", "kind", Kinds()...),
		store.OneOf("privacy_case", "source", "keyword", "portal", "desk", "e_mail", FromChat),
		store.OneOf("privacy_case", "identity", Unchecked, ByCode, ByChat, KnownByUs, NotHerself),
		store.OneOf("portal_wish", "kind", Erase, Access, Portability),
		store.OneOf("portal_wish", "way", ByWhatsApp, ByMail),
		store.OneOf("privacy_case", "outcome", "", Done, Refused, Withdrawn),
	}
}
