package app

import (
	"einklang/internal/door/web/inbox"
	"einklang/internal/door/web/shell"
)

// mountInbox adds the team inbox to the pages.
func (a *App) mountInbox(sh *shell.Shell) error {
	return inbox.Mount(sh, inbox.Parts{DB: a.DB, Now: a.Config.Now, Orgs: a.Orgs, People: a.People, Threads: a.Threads, Consents: a.Consents.Consents,
		Notices: a.Notices, Evidence: a.Log, Outbox: a.Outbox, Templates: a.Templates, Shelf: a.Shelf, Hub: a.Hub,
		Drafts: a.Drafts, Search: a.Search, Portraits: a.Portraits, Cases: a.Cases, Attributes: a.Attributes, Periods: a.periods, Arrived: a.arrived, Users: a.Users, Work: a.Work})
}
