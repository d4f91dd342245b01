package app

import (
	"errors"
	"net/http"
	"strings"

	"einklang/internal/web/importing"
	"einklang/internal/web/notices"
	"einklang/internal/web/settings"
	"einklang/internal/web/shell"
)

// pages puts the areas of the pages into their shell.
func (a *App) pages() (http.Handler, error) {
	sh, err := shell.New(shell.Options{Users: a.Users, Now: a.Config.Now, Log: a.Config.Log, Secure: strings.HasPrefix(a.Config.PublicURL, "https://"), Fresh: a.fresh})
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		a.mountInbox(sh),
		a.consentPages(sh),
		notices.Mount(sh, notices.Parts{DB: a.DB, Orgs: a.Orgs, Notices: a.Notices, Profiles: profiles{a}}),
		settings.Mount(sh, settings.Parts{DB: a.DB, Orgs: a.Orgs, Outbox: a.Outbox, Users: a.Users, Work: a.Work, Profiles: profiles{a}, PublicURL: a.Config.PublicURL}),
		a.mountFirewall(sh),
		a.mountDesk(sh),
		a.mountRights(sh),
		importing.Mount(sh, importing.Parts{DB: a.DB, Now: a.Config.Now, Orgs: a.Orgs, Notices: a.Notices, Imports: a.Imports, Chats: a.Chats}),
		a.mountReports(sh),
		a.mountSetup(sh),
	)
	return sh.Handler(), err
}
