// Package web puts the areas of the pages, and the public portal, into their
// shell. Each area names what it works with; this is all of it.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/factor"
	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/account/token"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/door/portal"
	pagesConsent "einklang/internal/door/web/consent"
	"einklang/internal/door/web/front"
	"einklang/internal/door/web/importing"
	"einklang/internal/door/web/inbox"
	"einklang/internal/door/web/notices"
	pagesOptin "einklang/internal/door/web/optin"
	"einklang/internal/door/web/oversight"
	"einklang/internal/door/web/phones"
	"einklang/internal/door/web/privacy"
	"einklang/internal/door/web/profile"
	"einklang/internal/door/web/registers"
	"einklang/internal/door/web/reports"
	"einklang/internal/door/web/settings"
	"einklang/internal/door/web/setup"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/live"
	"einklang/internal/engine/seal"
	"einklang/internal/engine/store"
	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/report"
	"einklang/internal/importing/chats"
	"einklang/internal/importing/lists"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/draft"
	"einklang/internal/messaging/media"
	"einklang/internal/messaging/outbox"
	"einklang/internal/messaging/search"
	"einklang/internal/messaging/template"
	"einklang/internal/person/attribute"
	"einklang/internal/person/contact"
	"einklang/internal/person/link"
	"einklang/internal/person/picture"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/phones/device/amapi"
	"einklang/internal/rights/answer"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/letters"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
)

// Parts are what the pages work with, by district.
type Parts struct {
	Backups   privacy.BackupPlan
	PublicURL string // address at which people reach the pages
	Chat      optin.Chat
	DB        *store.DB
	IDs       *id.Source
	Now       func() time.Time
	Log       *slog.Logger
	Hub       *live.Hub
	Evidence  *evidence.Log
	Proven    []evidence.Rows
	Seals     *seal.Seals
	Border    *egress.Border
	Mail      bool // e-mail is set up

	Orgs      *org.Registry
	Meta      org.Meta
	Users     *user.Directory
	Factors   *factor.Factors
	Audit     *audit.Log
	Approvals *approval.Approvals
	Welcome   settings.Welcome
	Tokens    *token.Tokens

	People     *contact.Book
	Attributes *attribute.Attributes
	Links      *link.Links
	Portraits  *picture.Album

	Consents *optin.Consents
	Requests *optin.Requests
	Entries  *optin.Entries
	Notices  *notice.Board
	Profiles notice.Profiles

	Threads   *conversation.Threads
	Outbox    *outbox.Outbox
	Templates *template.Catalogue
	Shelf     *media.Shelf
	Drafts    *draft.Box
	Search    *search.Index
	Work      *assignment.Assignments
	Arrivals  assignment.Arrivals
	Webhooks  settings.Webhooks

	Cases     *cases.Cases
	Visits    *cases.Visits
	Codes     *portal.Codes
	Answers   *answer.Answers
	Letters   *letters.Letters
	Erasures  *erasure.Erasures
	Holds     *retention.Holds
	Retention *retention.Runner
	Breaches  *breach.Register
	Telling   answer.BreachLetters

	Books   *addressbook.Books
	Devices *device.Register
	Android *amapi.Enterprise // nil: policies are not pushed
	Sign    *tls.Certificate  // nil: profiles are not signed

	Lists *lists.Imports
	Chats *chats.Imports

	Processors *processors.Register
	Storage    processors.Storage
	Standing   processors.Standing
	Cockpit    *facts.Cockpit
	Reports    *report.Reports
	Agreements *report.Agreements

	KeysKept  time.Duration // copies of keys, in backups; 0: there are none
	Opening   *setup.Opening
	Apps      []string // keys of the Meta apps that the configuration names
	Sandbox   string   // address of the sandbox in Meta's place; empty: Meta itself
	Connected func()   // told of a new number
	// MakeCodes hands in the templates for codes that the account of a number lacks.
	MakeCodes func(ctx context.Context, w store.Writer, c org.Channel) error
}

// forgot mails a link to who forgot her password; nil: there is no mail server.
func (p Parts) forgot() shell.Forgot {
	if !p.Welcome.Configured() {
		return nil
	}
	return func(ctx context.Context, tx store.Tx, a user.Account) error {
		o, err := p.Orgs.Get(ctx, tx, a.Org)
		if err != nil {
			return err
		}
		token, err := p.Users.LinkFor(ctx, tx, a.Org, a.ID, user.ForgotLife)
		if err != nil {
			return err
		}
		return p.Welcome.Password(ctx, tx, o.Name, a, token, reminder.Forgot)
	}
}

// sight is what somebody sees of the conversations.
func (p Parts) sight(ctx context.Context, a user.Account) (sight.Scope, error) {
	return assignment.Sights{Orgs: p.Orgs}.Of(ctx, p.DB, a.Org, a.ID, a.Limit())
}

// Handler serves the pages.
func Handler(p Parts) (http.Handler, error) {
	secure := strings.HasPrefix(p.PublicURL, "https://")
	site := strings.TrimRight(p.PublicURL, "/")
	sh, err := shell.New(shell.Options{DB: p.DB, Audit: p.Audit, Users: p.Users, Factors: p.Factors, Orgs: p.Orgs, Now: p.Now, Log: p.Log, Secure: secure, Fresh: p.Opening.Fresh, Forgot: p.forgot(),
		Sight: p.sight})
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		inbox.Mount(sh, inbox.Parts{DB: p.DB, IDs: p.IDs, Now: p.Now, Orgs: p.Orgs, People: p.People, Threads: p.Threads, Consents: p.Consents, Chat: p.Chat, Notices: p.Notices,
			Evidence: p.Evidence, Outbox: p.Outbox, Templates: p.Templates, Shelf: p.Shelf, Hub: p.Hub, Drafts: p.Drafts, Search: p.Search,
			Portraits: p.Portraits, Cases: p.Cases, Attributes: p.Attributes, Links: p.Links, Arrivals: p.Arrivals, Users: p.Users, Work: p.Work, Sight: p.sight}),
		pagesOptin.Mount(sh, pagesOptin.Parts{DB: p.DB, Now: p.Now, Orgs: p.Orgs, People: p.People, Consents: p.Consents, Requests: p.Requests, Mail: p.Mail, Chat: p.Chat, Stop: p.Answers.Withdraw}),
		pagesConsent.Mount(sh, pagesConsent.Parts{DB: p.DB, Now: p.Now, Orgs: p.Orgs, People: p.People, Threads: p.Threads, Consents: p.Consents, Requests: p.Requests,
			Notices: p.Notices, Entries: p.Entries, Outbox: p.Outbox, Users: p.Users, Log: p.Evidence, Links: p.Meta, Mail: p.Mail, Chat: p.Chat, PublicURL: site, Approvals: p.Approvals}),
		notices.Mount(sh, notices.Parts{DB: p.DB, Orgs: p.Orgs, Notices: p.Notices, Profiles: p.Profiles, PortalURL: func(slug string) string { return site + "/portal/" + slug }}),
		front.Mount(sh, front.Parts{DB: p.DB, Now: p.Now, Orgs: p.Orgs, Consents: p.Consents}),
		settings.Mount(sh, settings.Parts{DB: p.DB, Factors: p.Factors, Orgs: p.Orgs, Outbox: p.Outbox, Users: p.Users, Work: p.Work, Webhooks: p.Webhooks, Threads: p.Threads, People: p.People, Profiles: p.Profiles, Templates: p.Templates, NoticeURL: p.Outbox.NoticeURL, MakeCodes: p.MakeCodes,
			Attributes: p.Attributes, PublicURL: p.PublicURL, Approvals: p.Approvals, Welcome: p.Welcome, Now: p.Now, Tokens: p.Tokens, Recipients: p.Processors}),
		phones.Mount(sh, phones.Parts{DB: p.DB, Orgs: p.Orgs, People: p.People, Work: p.Work, Books: p.Books, Register: p.Devices, PublicURL: p.PublicURL, Android: p.Android, Sign: p.Sign}),
		registers.Mount(sh, registers.Parts{DB: p.DB, Orgs: p.Orgs, Registers: p.Processors, Storage: p.Storage, Destinations: p.Border.Destinations(), Standing: p.Standing, Cockpit: p.Cockpit}),
		privacy.Mount(sh, privacy.Parts{DB: p.DB, Orgs: p.Orgs, People: p.People, Cases: p.Cases, Erasure: p.Erasures, Rights: p.Answers, Files: p.Shelf, Letters: p.Letters,
			Holds: p.Holds, Retention: p.Retention, Breaches: p.Breaches, Telling: p.Telling, Approvals: p.Approvals, PublicURL: p.PublicURL, Backups: p.Backups, Search: p.Search, Log: p.Log}),
		portal.Mount(sh, portal.Parts{DB: p.DB, Now: p.Now, Log: p.Log, Orgs: p.Orgs, People: p.People, Cases: p.Cases, Erasure: p.Erasures, Files: p.Shelf, Visits: p.Visits,
			Consents: p.Consents, Attributes: p.Attributes, Rights: p.Answers, Codes: p.Codes, Chat: p.Chat, Mail: p.Mail, Secure: secure, KeysKept: p.KeysKept}),
		importing.Mount(sh, importing.Parts{DB: p.DB, Now: p.Now, Orgs: p.Orgs, Notices: p.Notices, Imports: p.Lists, Chats: p.Chats, Consents: p.Consents, Approvals: p.Approvals}),
		reports.Mount(sh, reports.Parts{DB: p.DB, Orgs: p.Orgs, Work: p.Work, Reports: p.Reports, Log: p.Evidence, IDs: p.IDs, Agreements: p.Agreements, Approvals: p.Approvals, Users: p.Users}),
		setup.Mount(sh, setup.Parts{DB: p.DB, Now: p.Now, Log: p.Log, Orgs: p.Orgs, Users: p.Users, Notices: p.Notices, Registers: p.Processors, Client: p.Meta.Client,
			Opening: p.Opening, Apps: p.Apps, Sandbox: p.Sandbox, PublicURL: p.PublicURL, Connected: p.Connected, Templates: p.Templates, MakeCodes: p.MakeCodes}),
		profile.Mount(sh, profile.Parts{DB: p.DB, Users: p.Users, Factors: p.Factors}),
		oversight.Mount(sh, oversight.Parts{DB: p.DB, Orgs: p.Orgs, Users: p.Users, People: p.People, Audit: p.Audit, Approvals: p.Approvals, Evidence: p.Evidence, Proven: p.Proven, Seals: p.Seals, Mail: p.Mail}),
	)
	if err != nil {
		return nil, err
	}
	return sh.Handler()
}
