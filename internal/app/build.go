package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/door/portal"
	"einklang/internal/door/webhook"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/report"
	"einklang/internal/importing/chats"
	"einklang/internal/importing/lists"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/draft"
	"einklang/internal/messaging/intake"
	"einklang/internal/messaging/media"
	"einklang/internal/messaging/outbox"
	"einklang/internal/messaging/search"
	"einklang/internal/messaging/template"
	"einklang/internal/person/attribute"
	"einklang/internal/person/contact"
	"einklang/internal/person/picture"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
)

// The districts, in the order in which they are built: each takes those before
// it. Building starts nothing, calls nobody and writes nothing. What has to be
// told of something later is told so by name (Watch, Merging, Concern): all of
// that stands in App.bind.

// Accounts are the company and its staff.
type Accounts struct {
	Orgs      *org.Registry
	Users     *user.Directory
	Approvals *approval.Approvals
	Audit     *audit.Log
}

func buildAccounts(e *Engine) Accounts {
	now := e.Config.Now
	a := Accounts{Orgs: org.New(e.DB, e.Vault, e.IDs, now), Users: user.New(e.DB, e.Vault, e.IDs, now),
		Audit: audit.New(audit.Parts{DB: e.DB, Vault: e.Vault, IDs: e.IDs, Now: now, Log: e.Config.Log, Ledger: e.Log, Persons: map[audit.Object]audit.Finder{}})}
	a.Approvals = approval.New(e.Vault, e.IDs, now, e.Log, a.deciders)
	a.Orgs.Guard(processors.MayStart)
	return a
}

// Conversations are what was said, with its files, templates and index. They
// send and receive nothing.
type Conversations struct {
	Threads   *conversation.Threads
	Shelf     *media.Shelf
	Search    *search.Index
	Drafts    *draft.Box
	Templates *template.Catalogue
}

func buildConversations(e *Engine, acc *Accounts) (c Conversations) {
	now := e.Config.Now
	c.Threads = conversation.New(e.Vault, e.IDs, now, func(org, conversation id.ID) { e.Hub.Publish(org, conversation) })
	c.Shelf = media.New(e.DB, e.Vault, e.IDs, now, e.Config.Log, e.Client, acc.Orgs, func(org, message id.ID) {
		if m, err := c.Threads.Get(context.Background(), e.DB, org, message); err == nil {
			e.Hub.Publish(org, m.Conversation)
		}
	})
	c.Search = search.New(search.Parts{DB: e.DB, Vault: e.Vault, IDs: e.IDs, Log: e.Config.Log, Messages: c.Threads, Words: conversation.Words,
		Orgs: func(ctx context.Context) ([]id.ID, error) { return orgIDs(ctx, acc.Orgs, e.DB) }})
	c.Drafts = draft.New(e.Vault, now)
	c.Templates = template.New(e.IDs, now)
	c.Threads.KeepFilesIn(c.Shelf)
	c.Threads.IndexWith(c.Search)
	c.Threads.ViewBy(assignment.MentionedIn, assignment.LabelledWith)
	return c
}

// Persons are the people that a company talks to.
type Persons struct {
	People     *contact.Book
	Portraits  *picture.Album
	Attributes *attribute.Attributes
}

func buildPersons(e *Engine, conv *Conversations) Persons {
	now := e.Config.Now
	p := Persons{People: contact.New(e.Vault, e.IDs, now)}
	p.Portraits = picture.New(e.Vault, now, p.People.Altered)
	p.Attributes = attribute.New(e.Vault, e.IDs, now, func(ctx context.Context, tx store.Tx, org, person id.ID) error {
		return showPerson(ctx, tx, e, conv, org, person)
	})
	return p
}

// Consent is what people agreed to, and were told.
type Consent struct {
	Notices  *notice.Board
	Consents optin.Marketer
	Entries  *optin.Entries
	Requests *optin.Requests

	ledger *touching
}

func buildConsent(e *Engine, p *Persons) Consent {
	now := e.Config.Now
	c := Consent{Notices: notice.New(e.IDs, now, e.Log), Entries: optin.NewEntries(e.IDs, now, e.Log), ledger: &touching{log: e.Log}}
	consents := optin.New(e.IDs, now, e.Vault, p.People, c.ledger)
	c.Consents = optin.Marketer{Consents: consents, People: p.People}
	c.Requests = optin.NewRequests(consents, p.People, e.Mails, e.Log, c.Entries, e.texts["de"], e.texts["en"], e.Config.PublicURL)
	e.Mails.WhenReturned(optin.MailKind, c.Requests.Returned)
	return c
}

// Messaging is the one way out, and how colleagues share the work.
type Messaging struct {
	Outbox *outbox.Outbox
	Work   *assignment.Assignments
}

func buildMessaging(e *Engine, acc *Accounts, conv *Conversations, p *Persons, cons *Consent) Messaging {
	c := e.Config
	m := Messaging{Outbox: outbox.New(outbox.Parts{DB: e.DB, IDs: e.IDs, Now: c.Now, Log: c.Log, Registry: acc.Orgs, People: p.People, Threads: conv.Threads,
		Notices: cons.Notices, Templates: conv.Templates, Consents: cons.Consents, Files: conv.Shelf, Ledger: e.Log, Client: e.Client,
		NoticeURL: func(slug string) string { return strings.TrimRight(c.PublicURL, "/") + "/privacy/" + slug },
		Hidden:    func(locale string) string { return e.texts[locale].T("secret.code") }, Node: e.node, Most: c.MaxQueue})}
	m.Work = assignment.New(e.IDs, c.Now, conv.Threads, p.People, p.People.Altered)
	cons.Consents.UsedAsTold(m.Outbox.LastUse)
	return m
}

// CompanyPhones are the phones of staff, and who stands in their books.
type CompanyPhones struct {
	Books   *addressbook.Books
	Devices *device.Register
}

func buildPhones(e *Engine, p *Persons, m *Messaging) CompanyPhones {
	now := e.Config.Now
	books := addressbook.New(e.DB, e.Vault, e.IDs, now, p.People, m.Work, p.Portraits)
	return CompanyPhones{Books: books, Devices: device.New(e.DB, e.Vault, e.IDs, now, books, e.Log)}
}

// Rights are what people may ask, and what ends.
type Rights struct {
	Cases     *cases.Cases
	Visits    *cases.Visits
	Holds     *retention.Holds
	Retention *retention.Runner
	Breaches  *breach.Register
	Erasure   *erasure.Erasures
	Backups   backup.Target // nil: none is configured
	Signer    backup.Signer // of what lies beside the backups
}

func buildRights(e *Engine, conv *Conversations) (r Rights, err error) {
	now := e.Config.Now
	seed, err := e.Root.Derive(signature)
	if err != nil {
		return r, err
	}
	r.Signer = backup.NewSigner(seed)
	if r.Backups, err = e.Config.Backup.target(e.Gate); err != nil {
		return r, err
	}
	r.Cases = cases.New(e.Vault, e.IDs, now, e.Log)
	r.Visits = cases.NewVisits(e.Vault, now)
	r.Holds = retention.New(e.Vault, e.IDs, now, e.Log, conv.Threads)
	r.Breaches = breach.New(e.Vault, e.IDs, now, e.Log, conv.affected)
	return r, nil
}

// Importing is what comes from elsewhere.
type Importing struct {
	Imports *lists.Imports
	Chats   *chats.Imports
}

func (a *App) buildImporting() Importing {
	c := a.Config
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		berlin = time.UTC // a machine without time zones: dates are off by hours at most
	}
	return Importing{
		Imports: lists.New(lists.Parts{DB: a.DB, IDs: a.IDs, Now: c.Now, Location: berlin, Jobs: a.Jobs, Box: a.Box,
			People: a.People, Consents: a.Consents, Tombstones: tombstones{a}, Removal: removal{a}, Ledger: a.Log}),
		Chats: chats.New(chats.Parts{DB: a.DB, IDs: a.IDs, Now: c.Now, Location: berlin, Jobs: a.Jobs, Box: a.Box,
			People: chatPeople{a.People}, Tombstones: tombstones{a}, History: a.Threads, Files: chatFiles{a.Shelf}, Ledger: a.Log}),
	}
}

// Govern is what a company must be able to show.
type Govern struct {
	Registers *processors.Register
	Reports   *report.Reports
}

func buildGovern(e *Engine, acc *Accounts, conv *Conversations, m *Messaging) Govern {
	return Govern{Registers: processors.New(e.Vault, e.IDs, e.Config.Now, acc.Orgs),
		Reports: report.New(e.DB, e.Config.Now, conv.Threads, m.Work, reportRules(acc, m))}
}

// Incoming is the way in of what Meta sends.
type Incoming struct {
	Intake *intake.Intake
	Door   *webhook.Door
	Codes  *portal.Codes
}

func (a *App) buildIncoming() Incoming {
	c := a.Config
	return Incoming{Door: webhook.New(c.Apps, accept{a}, c.Log), Codes: portal.NewCodes(c.Log),
		Intake: intake.New(intake.Parts{DB: a.DB, IDs: a.IDs, Now: c.Now, Log: c.Log, Vault: a.Vault, Registry: a.Orgs, People: a.People,
			Threads: a.Threads, Consents: a.Consents, Listener: a.Requests, Outbox: a.Outbox, Templates: a.Templates, Files: a.Shelf, Rights: rights{a}, Desk: arrivals{a}, Graves: tombstones{a}})}
}

// build puts the districts together on an opened Engine.
func build(e Engine) (*App, error) {
	r := Rooms{app: &App{Engine: e, renew: make(chan struct{}, 1)}}
	return r.All()
}

// complete builds what stands on people and their conversations.
func (a *App) complete() (err error) {
	a.Consent = buildConsent(&a.Engine, &a.Persons)
	a.Messaging = buildMessaging(&a.Engine, &a.Accounts, &a.Conversations, &a.Persons, &a.Consent)
	a.CompanyPhones = buildPhones(&a.Engine, &a.Persons, &a.Messaging)
	if a.Rights, err = buildRights(&a.Engine, &a.Conversations); err != nil {
		return err
	}
	a.Importing = a.buildImporting()
	a.Govern = buildGovern(&a.Engine, &a.Accounts, &a.Conversations, &a.Messaging)
	a.Incoming = a.buildIncoming()
	a.openRetention()
	a.erasures()
	return a.bind()
}

// errUnbound is a fault of the construction, found when it is put together.
var errUnbound = errors.New("the house is not put together")

// bind tells the districts of those that are built after them.
func (a *App) bind() error {
	a.ledger.books = a.Books
	a.Notices.Watch(a.Imports.Notified)
	a.People.Watch(a.Books.Touch)
	a.People.Merging(a.Threads.Merge, a.Notices.Merge, a.Log.Merge, a.Shelf.Merge, a.mergeImports, a.Consents.Merge, a.Outbox.Merge, a.Mails.Merge, a.Books.Merge,
		a.Cases.Merge, a.Holds.Merge, a.Work.Merge, a.Drafts.Merge, a.Portraits.Merge, a.Attributes.Merge, a.Audit.Merge, a.Intake.Merge, a.mergeVisits)
	for kind, find := range a.concerned() {
		a.Audit.Concern(kind, find)
	}
	if a.ledger.books == nil || a.Erasure == nil || a.Retention == nil {
		return errUnbound
	}
	return nil
}

// orgIDs are all organisations.
func orgIDs(ctx context.Context, orgs *org.Registry, r store.Reader) ([]id.ID, error) {
	all, err := orgs.All(ctx, r)
	if err != nil {
		return nil, err
	}
	ids := make([]id.ID, len(all))
	for i, o := range all {
		ids[i] = o.ID
	}
	return ids, nil
}
