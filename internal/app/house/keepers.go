package house

import (
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/person/keeper"
	"einklang/internal/rights/answer"
)

// Keepers are all who keep something about people. A capability that does so
// stands here once, and is merged, erased, expired and exported with the others.
func (h *House) Keepers() keeper.Keepers {
	return keeper.Keepers{
		{Name: "queue", Keeper: keeper.Untold{Room: h.Outbox}},
		{Name: "files", Keeper: h.Shelf},
		{Name: "messages", Keeper: h.Threads},
		{Name: "drafts", Keeper: keeper.Untold{Room: h.Drafts}},
		{Name: "webhooks", Keeper: keeper.Untold{Room: h.Intake}},
		{Name: "consents", Keeper: h.Consents},
		{Name: "pictures", Keeper: h.Portraits},
		{Name: "attributes", Keeper: h.Attributes},
		{Name: "books", Keeper: keeper.Untold{Room: h.Books}},
		{Name: "work", Keeper: h.Work},
		{Name: "notices", Keeper: h.Notices},
		{Name: "parcels", Keeper: keeper.Untold{Room: answer.Parcels{Answers: h.Answers}}},
		{Name: "visits", Keeper: keeper.Untold{Room: h.Visits}},
		{Name: "mails", Keeper: keeper.Untold{Room: h.Mails}},
		{Name: "imports", Keeper: keeper.Untold{Room: h.Imports}},
		{Name: "chats", Keeper: keeper.Untold{Room: h.Chats}},
		{Name: "holds", Keeper: h.Holds},
		{Name: "cases", Keeper: keeper.Untold{Room: h.Cases}},
		{Name: "audit", Keeper: keeper.Untold{Room: h.Audit}},
		{Name: "evidence", Keeper: keeper.Untold{Room: h.Log}},
		{Name: "links", Keeper: h.Links},
	}
}

// Claims are all columns that name a person: those of the keepers, and of the
// rooms that carry out their verbs.
func (h *House) Claims() []store.Claim {
	return slices.Concat(h.Keepers().Claims(), h.People.Claims(), h.Vault.Claims(), h.Erasure.Claims())
}
