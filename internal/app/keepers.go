package app

import (
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/person/keeper"
	"einklang/internal/rights/answer"
	"einklang/internal/rights/cases"
)

// Keepers are all who keep something about people. A capability that does so
// stands here once, and is merged, erased, expired and exported with the others.
func (a *App) Keepers() keeper.Keepers {
	return keeper.Keepers{
		{Name: "queue", Room: a.Outbox},
		{Name: "files", Room: a.Shelf},
		{Name: "messages", Room: a.Threads},
		{Name: "drafts", Room: a.Drafts},
		{Name: "webhooks", Room: a.Intake},
		{Name: "consents", Room: a.Consents},
		{Name: "pictures", Room: a.Portraits},
		{Name: "attributes", Room: a.Attributes},
		{Name: "books", Room: a.Books},
		{Name: "work", Room: a.Work},
		{Name: "notices", Room: a.Notices},
		{Name: "parcels", Room: answer.Parcels{Parcels: new(cases.Parcels), Box: a.Box}},
		{Name: "visits", Room: a.Visits},
		{Name: "mails", Room: a.Mails},
		{Name: "imports", Room: a.Imports},
		{Name: "chats", Room: a.Chats},
		{Name: "holds", Room: a.Holds},
		{Name: "cases", Room: a.Cases},
		{Name: "audit", Room: a.Audit},
		{Name: "evidence", Room: a.Log},
		{Name: "links", Room: a.Links},
		{Name: "requests", Room: a.Requests},
	}
}

// Claims are all columns that name a person: those of the keepers, and of the
// rooms that carry out their verbs.
func (a *App) Claims() []store.Claim {
	return slices.Concat(a.Keepers().Claims(), a.People.Claims(), a.Vault.Claims(), a.Erasure.Claims())
}
