package app

import (
	"context"

	"einklang/internal/door/web/inbox"
	"einklang/internal/door/web/shell"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/draft"
	"einklang/internal/messaging/search"
	"einklang/internal/rule/id"
)

// openSearch makes the search index and has the conversations tell it what
// messages say.
func (a *App) openSearch() {
	a.Search = search.New(search.Parts{DB: a.DB, Vault: a.Vault, IDs: a.IDs, Log: a.Config.Log, Messages: a.Threads, Words: conversation.Words, Orgs: a.orgIDs})
	a.Threads.IndexWith(a.Search)
	a.Drafts = draft.New(a.Vault, a.Config.Now)
}

func (a *App) orgIDs(ctx context.Context) ([]id.ID, error) {
	all, err := a.Orgs.All(ctx, a.DB)
	if err != nil {
		return nil, err
	}
	ids := make([]id.ID, len(all))
	for i, o := range all {
		ids[i] = o.ID
	}
	return ids, nil
}

// mountInbox adds the team inbox to the pages.
func (a *App) mountInbox(sh *shell.Shell) error {
	return inbox.Mount(sh, inbox.Parts{DB: a.DB, Now: a.Config.Now, Orgs: a.Orgs, People: a.People, Threads: a.Threads, Consents: a.Consents.Consents,
		Notices: a.Notices, Evidence: a.Log, Outbox: a.Outbox, Templates: a.Templates, Shelf: a.Shelf, Hub: a.Hub,
		Drafts: a.Drafts, Search: a.Search, Portraits: a.Portraits, Cases: a.Cases, Attributes: a.Attributes, Periods: a.periods, Arrived: a.arrived, Users: a.Users, Work: a.Work})
}
