package optin

import (
	"einklang/internal/engine/store"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("consent", "medium", Medium),
		store.OneOf("consent", "state", granted, withdrawn, pending, expired, superseded),
		store.OneOf("consent_event", "medium", Medium),
		store.OneOf("consent_event", "kind", granted, withdrawn, pending, expired, superseded, resumed, signup),
		store.OneOf("consent_event", "source", Sources()...),
		store.OneOf("consent_event", "act", "", ActCode, ActLink),
		store.OneOf("opt_in_request", "way", ByEmail, ByWhatsApp),
		store.OneOf("opt_in_request", "source", FromForm, FromInvitation),
		store.OneOf("opt_in_request", "state", asked, clicked, confirmed, returned),
		store.OneOf("sale_fact", "fact", SaleFacts()...),
		store.OneOf("doubt", "why", Unclear, Late, Imported, Restart, Mailed),
		store.OneOf("doubt", "holds", Nothing, Advertising, Everything),
		store.OneOf("doubt", "answer", open, string(Advertising), string(Everything), none, byHerself),
		store.OneOf("consent_claim", "state", "waiting", "confirmed", "rejected"),
	}
}

// Sources are all paths.
func Sources() []Source {
	return []Source{FromForm, FromInvitation, FromKeyword, FromButton, FromStaff, FromPaper, FromWord, FromProgram, FromImport, FromMailbox, FromMailAlone,
		FromLink, FromPortal, FromMeta, FromMetaError, FromRule}
}
