package app

import (
	"errors"
	"net/http"
	"strings"

	"einklang/internal/door/web/importing"
	"einklang/internal/door/web/notices"
	"einklang/internal/door/web/oversight"
	"einklang/internal/door/web/settings"
	"einklang/internal/door/web/shell"
)

// pages puts the areas of the pages into their shell.
func (a *App) pages() (http.Handler, error) {
	sh, err := shell.New(shell.Options{DB: a.DB, Audit: a.Audit, Users: a.Users, Now: a.Config.Now, Log: a.Config.Log, Secure: strings.HasPrefix(a.Config.PublicURL, "https://"), Fresh: a.fresh})
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		a.mountInbox(sh),
		a.consentPages(sh),
		notices.Mount(sh, notices.Parts{DB: a.DB, Orgs: a.Orgs, Notices: a.Notices, Profiles: profiles{a}}),
		settings.Mount(sh, settings.Parts{DB: a.DB, Orgs: a.Orgs, Outbox: a.Outbox, Users: a.Users, Work: a.Work, Webhooks: webhooks{a}, Profiles: profiles{a}, Attributes: a.Attributes, PublicURL: a.Config.PublicURL}),
		a.mountFirewall(sh),
		a.mountRegisters(sh),
		a.mountRights(sh),
		importing.Mount(sh, importing.Parts{DB: a.DB, Now: a.Config.Now, Orgs: a.Orgs, Notices: a.Notices, Imports: a.Imports, Chats: a.Chats,
			Consents: a.Consents.Consents, Approvals: a.Approvals}),
		a.mountReports(sh),
		a.mountSetup(sh),
		oversight.Mount(sh, oversight.Parts{DB: a.DB, Orgs: a.Orgs, Users: a.Users, People: a.People, Audit: a.Audit, Approvals: a.Approvals}),
	)
	if err != nil {
		return nil, err
	}
	return sh.Handler()
}
