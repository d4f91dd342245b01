package house

import (
	"slices"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/keeper"
	"einklang/internal/rights/answer"
	"einklang/internal/rights/cases"
)

// Keepers are all who keep something about people. A capability that does so
// stands here once, and is merged, erased, expired and exported with the others.
func (h *House) Keepers() keeper.Keepers {
	return keeper.Keepers{
		{Name: "queue", Room: h.Outbox},
		{Name: "files", Room: h.Shelf},
		{Name: "messages", Room: h.Threads},
		{Name: "drafts", Room: h.Drafts},
		{Name: "webhooks", Room: h.Intake},
		{Name: "consents", Room: h.Consents},
		{Name: "pictures", Room: h.Portraits},
		{Name: "attributes", Room: h.Attributes},
		{Name: "books", Room: h.Books},
		{Name: "work", Room: h.Work},
		{Name: "notices", Room: h.Notices},
		{Name: "parcels", Room: answer.Parcels{Parcels: new(cases.Parcels), Box: h.Box}},
		{Name: "visits", Room: h.Visits},
		{Name: "mails", Room: h.Mails},
		{Name: "imports", Room: h.Imports},
		{Name: "chats", Room: h.Chats},
		{Name: "holds", Room: h.Holds},
		{Name: "cases", Room: h.Cases},
		{Name: "audit", Room: h.Audit},
		{Name: "evidence", Room: h.Log},
		{Name: "links", Room: h.Links},
		{Name: "requests", Room: h.Requests},
		{Name: "told", Room: h.Breaches},
		{Name: "journal", Room: h.Journal},
	}
}

// Claims are all columns that name a person, or something of hers: those of the keepers, and of the
// rooms that carry out their verbs.
func (h *House) Claims() []store.Claim {
	return slices.Concat(h.Keepers().Claims(), h.People.Claims(), h.Vault.Claims(), h.Erasure.Claims(), h.Search.Claims())
}

// Proven are the rooms whose rows the evidence log proves one by one.
func (h *House) Proven() []evidence.Rows {
	return []evidence.Rows{h.Audit.Rows(), h.Outbox.Rows(), h.Consents.Rows()}
}
