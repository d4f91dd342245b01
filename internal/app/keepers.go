package app

import (
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/person/keeper"
	"einklang/internal/rights/answer"
)

// keepers are all who keep something about people. A capability that does so
// stands here once, and is merged, erased, expired and exported with the others.
func (a *App) keepers() keeper.Keepers {
	return keeper.Keepers{
		{Name: "queue", Keeper: keeper.Untold{Room: a.Outbox}},
		{Name: "files", Keeper: a.Shelf},
		{Name: "messages", Keeper: a.Threads},
		{Name: "drafts", Keeper: keeper.Untold{Room: a.Drafts}},
		{Name: "webhooks", Keeper: keeper.Untold{Room: a.Intake}},
		{Name: "consents", Keeper: a.Consents},
		{Name: "pictures", Keeper: a.Portraits},
		{Name: "attributes", Keeper: a.Attributes},
		{Name: "books", Keeper: keeper.Untold{Room: a.Books}},
		{Name: "work", Keeper: a.Work},
		{Name: "notices", Keeper: a.Notices},
		{Name: "parcels", Keeper: keeper.Untold{Room: answer.Parcels{Answers: a.Answers}}},
		{Name: "visits", Keeper: keeper.Untold{Room: a.Visits}},
		{Name: "mails", Keeper: keeper.Untold{Room: a.Mails}},
		{Name: "imports", Keeper: keeper.Untold{Room: a.Imports}},
		{Name: "chats", Keeper: keeper.Untold{Room: a.Chats}},
		{Name: "holds", Keeper: a.Holds},
		{Name: "cases", Keeper: keeper.Untold{Room: a.Cases}},
		{Name: "audit", Keeper: keeper.Untold{Room: a.Audit}},
		{Name: "evidence", Keeper: keeper.Untold{Room: a.Log}},
		{Name: "links", Keeper: a.Links},
	}
}

// Claims are all columns that name a person: those of the keepers, and of the
// rooms that carry out their verbs.
func (a *App) Claims() []store.Claim {
	return slices.Concat(a.keepers().Claims(), a.People.Claims(), a.Vault.Claims(), a.Erasure.Claims())
}
