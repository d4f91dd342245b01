package house

import (
	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/uptime"
	"einklang/internal/rights/backup"
)

// count lists those who count for the cockpit and the documents: all who keep
// something about people, and those who keep something else.
func (h *House) count() {
	var counters []facts.Counter
	for _, k := range h.Keepers().Staters() {
		counters = append(counters, k.Facts)
	}
	h.Cockpit = &facts.Cockpit{DB: h.DB, Now: h.Config.Now, Pages: h.Config.PublicURL, First: []facts.Counter{h.Orgs.Facts, h.Devices.Facts}, Counters: append(counters,
		h.Post.Facts, h.Users.Facts, h.Registers.Facts, processors.FactsOfTransfers(h.Gate),
		processors.FactsOfComponents(h.Config.Components, h.Config.Database != ""), uptime.Facts, h.Boxes.Facts,
		h.Erasure.Facts, h.Breaches.Facts, backup.NewWatch(h.Backups, h.Config.Backup.Kept(), h.Config.Log).Facts,
		facts.Unjudged(h.Threads.Given, h.Outbox.Allowed), facts.Unasked(h.Imports.Brought, h.Consents.Consenting, h.People.Active))}
}
