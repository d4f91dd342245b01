package house

import (
	"strings"

	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/uptime"
	"einklang/internal/rights/backup"
)

// count lists those who count what they keep, for the cockpit and the
// documents.
func (h *House) count() {
	h.Cockpit = &facts.Cockpit{DB: h.DB, Now: h.Config.Now, HTTPS: strings.HasPrefix(h.Config.PublicURL, "https://"), First: []facts.Counter{h.Orgs.Facts, h.Devices.Facts}, Counters: []facts.Counter{
		h.Consents.Facts, h.Requests.Facts, h.Post.Facts, h.Outbox.Facts, h.Threads.Facts, h.Users.Facts, h.Audit.Facts,
		h.Notices.Facts, h.Log.Facts, h.Registers.Facts, processors.FactsOfTransfers(h.Gate),
		processors.FactsOfComponents(h.Config.Components, h.Config.Database != ""), uptime.Facts, h.Boxes.Facts, h.Work.Facts, h.Attributes.Facts,
		h.Imports.Facts, h.Erasure.Facts, h.Holds.Facts, h.Cases.Facts, h.Breaches.Facts, backup.NewWatch(h.Backups, h.Config.Backup.Kept(), h.Config.Log).Facts,
		facts.Unjudged(h.Threads.Given, h.Outbox.Allowed), facts.Unasked(h.Imports.Brought, h.Consents.Consenting, h.People.Active)}}
}
