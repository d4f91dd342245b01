package house

import (
	"context"
	"slices"
	"strings"

	"einklang/internal/account/reminder"
	"einklang/internal/govern/agenda"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/factor"
	"einklang/internal/account/org"
	"einklang/internal/account/token"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/journal"
	"einklang/internal/engine/seal"
	"einklang/internal/engine/store"
	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/report"
	"einklang/internal/govern/uptime"
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
	"einklang/internal/person/link"
	"einklang/internal/person/picture"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/rights/access"
	"einklang/internal/rights/answer"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/letters"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/calendar"
	"einklang/internal/rule/id"
)

// The districts, in the order in which they are built: each takes those before
// it. Building starts nothing, calls nobody and writes nothing. What has to be
// told of something later is told so by name (Watch, Merging, Concern): all of
// that stands in House.bind.

// Accounts are the company and its staff.
type Accounts struct {
	Orgs      *org.Registry
	Users     *user.Directory
	Factors   *factor.Factors
	Approvals *approval.Approvals
	Audit     *audit.Log
	Reminders *reminder.Reminders
	Tokens    *token.Tokens
	Meta      org.Meta // opens Meta's API for a number
}

func buildAccounts(e *Engine) Accounts {
	now := e.Config.Now
	a := Accounts{Orgs: org.New(e.DB, e.Vault, e.IDs, now), Users: user.New(e.DB, e.Vault, e.IDs, now).Costing(e.Config.Passwords),
		Audit: audit.New(audit.Parts{DB: e.DB, Vault: e.Vault, IDs: e.IDs, Now: now, Log: e.Config.Log, Ledger: e.Log, Persons: map[audit.Object]audit.Finder{}})}
	a.Factors = factor.New(e.DB, e.Vault, e.IDs, now, e.Config.PublicURL, func(ctx context.Context, tx store.Tx, org id.Org, account id.Account, how factor.Change) error {
		if how == factor.Added {
			if err := a.Users.Enrolled(ctx, tx, org, account); err != nil {
				return err
			}
		}
		if err := a.Users.SetFactored(ctx, tx, org, account, how != factor.Gone); err != nil {
			return err
		}
		return a.Users.Alarmed(ctx, tx, org, account, user.FactorsChanged)
	})
	a.Approvals = approval.New(e.Vault, e.IDs, now, e.Log, a.Users.Circle)
	a.Tokens = token.New(e.DB, e.Vault, e.IDs, now, func(ctx context.Context, tx store.Tx, org id.Org, t id.Program, by id.Account) error {
		_, err := a.Approvals.AskAbout(ctx, tx, org, approval.Bulk, t.String(), by)
		return err
	})
	a.Approvals.Concern(approval.Bulk, a.Tokens)
	a.Reminders = reminder.New(a.Users, e.Mails, e.Texts, e.Config.PublicURL, now)
	circle := agenda.Circle{Now: now, Orgs: a.Orgs, Users: a.Users, Reminders: a.Reminders}
	a.Approvals.Telling(circle.Alone)
	a.Users.Circling(circle.Moved)
	a.Users.Alarming(circle.Alarm)
	a.Users.Ending(e.Hub.Rights)
	a.Meta = org.Meta{DB: e.DB, Registry: a.Orgs, Client: e.Client}
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
	Sync      template.Sync // reads them from Meta
}

func buildConversations(e *Engine, acc *Accounts) (c Conversations) {
	now := e.Config.Now
	c.Threads = conversation.New(e.Vault, e.IDs, now, func(org id.Org, conversation id.Conversation) { e.Hub.Publish(org, conversation) })
	c.Shelf = media.New(e.DB, e.Vault, e.IDs, now, e.Config.Log, e.Client, acc.Orgs, func(ctx context.Context, org id.Org, message id.Message) {
		if m, err := c.Threads.Get(ctx, e.DB, org, message); err == nil {
			e.Hub.Publish(org, m.Conversation)
		}
	})
	c.Search = search.New(search.Parts{DB: e.DB, Vault: e.Vault, IDs: e.IDs, Now: now, Jobs: e.Jobs, Log: e.Config.Log, Messages: c.Threads, Words: conversation.Words,
		Orgs: func(ctx context.Context) ([]id.Org, error) { return acc.Orgs.IDs(ctx, e.DB) }})
	c.Drafts = draft.New(e.Vault, now)
	c.Templates = template.New(e.IDs, now)
	c.Sync = template.Sync{DB: e.DB, Catalogue: c.Templates, Meta: acc.Meta, Log: e.Config.Log}
	c.Threads.KeepFilesIn(c.Shelf)
	c.Shelf.StayWith(c.Threads.Staying)
	c.Threads.IndexWith(c.Search)
	acc.Orgs.Founding(c.Search.Founded)
	c.Threads.ViewBy(assignment.MentionedIn, assignment.LabelledWith)
	return c
}

// Persons are the people that a company talks to.
type Persons struct {
	People     *contact.Book
	Portraits  *picture.Album
	Attributes *attribute.Attributes
	Links      *link.Links
}

func buildPersons(e *Engine, acc *Accounts, conv *Conversations) Persons {
	now := e.Config.Now
	p := Persons{People: contact.New(e.Vault, e.IDs, now)}
	p.People.Within(acc.Orgs.Home)
	p.Portraits = picture.New(e.Vault, now, p.People.Altered)
	p.Attributes = attribute.New(e.Vault, e.IDs, now, conv.Threads.Show)
	p.Links = link.New(e.Vault, e.IDs, now, p.People, func(ctx context.Context, tx store.Tx, org id.Org, l id.Link, by id.Account) error {
		_, err := acc.Approvals.AskAbout(ctx, tx, org, approval.Link, l.String(), by)
		return err
	}, func(ctx context.Context, tx store.Tx, org id.Org, act string, l link.Link) error {
		return acc.Audit.Write(ctx, tx, org, audit.Deed{By: audit.Actor{Who: audit.Staff, ID: id.ID(l.By)}, Act: act, Kind: audit.Contact, Objects: []id.ID{id.ID(l.Stays), id.ID(l.Goes)}})
	}, e.Log)
	acc.Approvals.Concern(approval.Link, p.Links)
	p.People.Parting(p.Links.Part)
	return p
}

// Consent is what people agreed to, and were told.
type Consent struct {
	Notices  *notice.Board
	Consents optin.Marketer
	Entries  *optin.Entries
	Requests *optin.Requests
	Profiles notice.Profiles
	ledger   *addressbook.Witness
}

func buildConsent(e *Engine, acc *Accounts, p *Persons) Consent {
	now := e.Config.Now
	c := Consent{Notices: notice.New(e.IDs, now, e.Log, e.Texts["de"].T, e.Texts["en"].T), Entries: optin.NewEntries(e.IDs, now, e.Log), ledger: &addressbook.Witness{Ledger: journal.Ledger{Journal: e.Journal, Evidence: e.Log}}}
	consents := optin.New(e.IDs, now, e.Vault, p.People, c.ledger)
	consents.Linking(p.People)
	c.Consents = optin.Marketer{Consents: consents, People: p.People}
	c.Requests = optin.NewRequests(consents, p.People, e.Mails, e.Log, c.Entries, e.Texts["de"], e.Texts["en"], e.Config.PublicURL)
	c.Requests.Chat = e.Config.Chat
	c.Requests.Slug = func(ctx context.Context, r store.Reader, org id.Org) (string, error) {
		o, err := acc.Orgs.Get(ctx, r, org)
		return o.Slug, err
	}
	c.Profiles = notice.Profiles{DB: e.DB, Board: c.Notices, Orgs: acc.Orgs, Meta: acc.Meta, Site: e.Config.PublicURL, Log: e.Config.Log}
	e.Mails.WhenReturned(optin.MailKind, c.Requests.Returned)
	return c
}

// Messaging is the one way out, and how colleagues share the work.
type Messaging struct {
	Outbox   *outbox.Outbox
	Work     *assignment.Assignments
	Arrivals assignment.Arrivals
}

func buildMessaging(e *Engine, acc *Accounts, conv *Conversations, p *Persons, cons *Consent) Messaging {
	c := e.Config
	m := Messaging{Outbox: outbox.New(outbox.Parts{DB: e.DB, Vault: e.Vault, IDs: e.IDs, Now: c.Now, Log: c.Log, Registry: acc.Orgs, People: p.People, Threads: conv.Threads,
		Notices: cons.Notices, Templates: conv.Templates, Consents: cons.Consents, Files: conv.Shelf, Ledger: e.Log, Client: e.Client,
		NoticeURL: func(slug string) string { return notice.Address(c.PublicURL, slug) },
		Hidden:    func(locale string) string { return e.Texts[locale].T("secret.code") }, Node: e.Node, Most: c.MaxQueue, Held: e.Restores.Waits})}
	m.Work = assignment.New(e.IDs, c.Now, conv.Threads, p.People, p.People.Altered)
	m.Work.Ending(acc.Users.Ended)
	m.Arrivals = assignment.Arrivals{Work: m.Work, Now: c.Now, Orgs: acc.Orgs, Staff: acc.Users, Threads: conv.Threads}
	cons.Consents.UsedAsTold(m.Outbox.LastUse)
	return m
}

// CompanyPhones are the phones of staff, and who stands in their books.
type CompanyPhones struct {
	Books   *addressbook.Books
	Devices *device.Register
}

func buildPhones(e *Engine, acc *Accounts, p *Persons, cons *Consent, m *Messaging) CompanyPhones {
	now := e.Config.Now
	books := addressbook.New(e.DB, e.Vault, e.IDs, now, p.People, m.Work, p.Portraits)
	books.Ask(cons.Consents)
	return CompanyPhones{Books: books, Devices: device.New(e.DB, e.Vault, e.IDs, now, books, acc.Orgs, e.Log)}
}

// Rights are what people may ask, and what ends.
type Rights struct {
	Cases         *cases.Cases
	Visits        *cases.Visits
	Answers       *answer.Answers
	Letters       *letters.Letters
	Holds         *retention.Holds
	Retention     *retention.Runner
	Breaches      *breach.Register
	BreachLetters answer.BreachLetters
	Erasure       *erasure.Erasures
	Backups       backup.Target // nil: none is configured
	Seals         *seal.Seals
	Signer        backup.Signer // of what lies beside the backups
	Schedule      *backup.Schedule
}

func buildRights(e *Engine, acc *Accounts, conv *Conversations, p *Persons, cons *Consent, m *Messaging) (r Rights, err error) {
	c := e.Config
	if r.Signer, err = backup.SignerOf(e.Root); err != nil {
		return r, err
	}
	if r.Seals, err = c.Seals.open(e); err != nil {
		return r, err
	}
	if r.Backups, err = c.Backup.Target(e.Gate); err != nil {
		return r, err
	}
	if r.Backups != nil {
		r.Schedule = &backup.Schedule{DB: e.DB, IDs: e.IDs, Now: c.Now, Node: e.Node, Log: c.Log, To: r.Backups, Every: c.Backup.Every, Soon: make(jobs.Soon, 1),
			Take: func(ctx context.Context) (backup.Taken, error) { return TakeBackup(ctx, e, false) }}
	}
	r.Cases = cases.New(e.Vault, e.IDs, c.Now, e.Log)
	r.Visits = cases.NewVisits(e.Vault, c.Now)
	r.Holds = retention.New(e.Vault, e.IDs, c.Now, e.Log, conv.Threads)
	r.Holds.Linking(p.People)
	r.Breaches = breach.New(e.Vault, e.IDs, c.Now, e.Log, conv.Threads, conv.Shelf)
	r.Retention = retention.NewRunner(r.Holds, e.DB, e.Jobs, retention.Clock{Database: e.DB.Now, Newest: conv.Threads.Newest, Turned: !e.Config.real, Log: e.Config.Log})
	r.Erasure = erasure.New(erasure.Parts{DB: e.DB, Vault: e.Vault, IDs: e.IDs, Now: c.Now, Log: c.Log, People: p.People, Ledger: e.Log,
		Unsend: m.Outbox.Cancel, Held: r.Holds.Held, Duties: []erasure.Duty{erasure.ConsentProof(e.Log, p.People)},
		Recipients: erasure.Together(backup.Told(r.Backups, r.Signer, c.Now, p.People.MergedInto), erasure.MetaBooks(e.DB, acc.Orgs, e.Client))})
	portal := func(ctx context.Context, r store.Reader, org id.Org) (string, error) {
		o, err := acc.Orgs.Get(ctx, r, org)
		return strings.TrimRight(c.PublicURL, "/") + "/portal/" + o.Slug, err
	}
	r.Answers = &answer.Answers{
		Packages: &access.Packages{DB: e.DB, Now: c.Now, Outside: e.Gate, Numbers: acc.Orgs, People: p.People, Portal: portal},
		IDs:      e.IDs, PublicURL: c.PublicURL, Texts: e.Texts, Orgs: acc.Orgs, People: p.People, Consents: cons.Consents, Threads: conv.Threads, Templates: conv.Templates,
		Outbox: m.Outbox, Mails: e.Mails, Box: e.Box, Cases: r.Cases, Visits: r.Visits, Erasures: r.Erasure}
	r.BreachLetters = answer.BreachLetters{Answers: r.Answers, Breaches: r.Breaches, Soon: make(jobs.Soon, 1)}
	e.Mails.WhenReturned(answer.BreachMail, r.Breaches.Returned)
	r.Letters = &letters.Letters{DB: e.DB, IDs: e.IDs, Now: c.Now, Ledger: e.Log, Threads: conv.Threads, People: p.People, Numbers: acc.Orgs, Words: access.Words}
	return r, nil
}

// Importing is what comes from elsewhere.
type Importing struct {
	Imports *lists.Imports
	Chats   *chats.Imports
}

func buildImporting(e *Engine, acc *Accounts, conv *Conversations, p *Persons, cons *Consent, m *Messaging, r *Rights) Importing {
	c := e.Config
	berlin := calendar.GermanTime()
	graves := erasure.Tombstones{People: p.People}
	return Importing{
		Imports: lists.New(lists.Parts{DB: e.DB, Notices: cons.Notices, IDs: e.IDs, Now: c.Now, Location: berlin, Jobs: e.Jobs, Box: e.Box, People: p.People, Consents: cons.Consents,
			Labels: m.Work, Attributes: p.Attributes,
			Tombstones: graves, Removal: erasure.Removal{Erasures: r.Erasure, Informed: cons.Notices.Informed}, Ledger: e.Log}),
		Chats: chats.New(chats.Parts{DB: e.DB, IDs: e.IDs, Now: c.Now, Location: berlin, Jobs: e.Jobs, Box: e.Box, People: p.People,
			Tombstones: graves, History: conv.Threads, Files: conv.Shelf, Listener: cons.Requests, Rights: r.Answers, Orgs: acc.Orgs, Ledger: e.Log}),
	}
}

// Govern is what a company must be able to show.
type Govern struct {
	Boxes     uptime.Boxes
	Registers *processors.Register
	Storage   processors.Storage
	Reports   *report.Reports
	Cockpit   *facts.Cockpit
}

func buildGovern(e *Engine, acc *Accounts, conv *Conversations, m *Messaging) Govern {
	return Govern{Boxes: uptime.Boxes{Names: e.Config.Boxes, Since: e.Config.Now()}, Registers: processors.New(e.Vault, e.IDs, e.Config.Now, acc.Orgs),
		Storage: processors.Storage{DB: e.DB, Orgs: acc.Orgs, Meta: acc.Meta, Log: e.Config.Log},
		Reports: report.New(e.DB, e.Config.Now, conv.Threads, m.Work, acc.Orgs)}
}

// buildIntake takes what Meta sends: it tells nearly everybody.
func buildIntake(h *House) *intake.Intake {
	return intake.New(intake.Parts{DB: h.DB, IDs: h.IDs, Now: h.Config.Now, Log: h.Config.Log, Vault: h.Vault, Registry: h.Orgs, People: h.People,
		Threads: h.Threads, Consents: h.Consents, Listener: h.Requests, Outbox: h.Outbox, Templates: h.Templates, Files: h.Shelf, Rights: h.Answers,
		Desk: h.Arrivals, Graves: erasure.Tombstones{People: h.People}})
}

// complete builds what stands on people and their conversations.
func (h *House) complete() (err error) {
	h.Consent = buildConsent(&h.Engine, &h.Accounts, &h.Persons)
	h.Messaging = buildMessaging(&h.Engine, &h.Accounts, &h.Conversations, &h.Persons, &h.Consent)
	h.CompanyPhones = buildPhones(&h.Engine, &h.Accounts, &h.Persons, &h.Consent, &h.Messaging)
	if h.Rights, err = buildRights(&h.Engine, &h.Accounts, &h.Conversations, &h.Persons, &h.Consent, &h.Messaging); err != nil {
		return err
	}
	h.Importing = buildImporting(&h.Engine, &h.Accounts, &h.Conversations, &h.Persons, &h.Consent, &h.Messaging, &h.Rights)
	h.Govern = buildGovern(&h.Engine, &h.Accounts, &h.Conversations, &h.Messaging)
	h.Intake = buildIntake(h)
	h.count()
	h.bind()
	return nil
}

// bind tells the districts of those that are built after them.
func (h *House) bind() {
	h.ledger.Books = h.Books
	h.Answers.Phones = h.Devices
	h.Notices.Watch(h.Imports.Notified)
	h.People.Watch(h.Books.Touch)
	h.People.Watch(h.Journal.People)
	h.People.Watch(h.Intake.Known)
	h.Devices.Deciding(h.Journal.One(journal.Device))
	h.Users.Deciding(h.Journal.One(journal.Account))
	all := h.Keepers()
	h.People.Apart(h.Threads.Apart, h.Consents.Apart)
	h.People.Merging(all.Merge, func(ctx context.Context, tx store.Tx, org id.Org, _, into id.Person) error {
		return h.Journal.People(ctx, tx, org, into)
	})
	h.Answers.Packages.Rooms, h.Letters.Rooms = all, all
	audit.Concern(h.Audit, audit.Conversation, h.Threads.PersonOf)
	audit.Concern(h.Audit, audit.Message, h.Threads.PersonOfMessage)
	audit.Concern(h.Audit, audit.Case, h.Cases.PersonOf)
	h.Erasure.Keep(all, h.Intake.EraseMentions, h.Threads.EraseEarly)
	h.Retention.Keep(append(all.Classed(), h.Approvals)...)
}

// Checks are the closed sets of values of all tables.
func Checks() []store.Check {
	return slices.Concat(
		jobs.Checks(), journal.Checks(), seal.Checks(), org.Checks(), user.Checks(), factor.Checks(), token.Checks(), approval.Checks(), audit.Checks(), contact.Checks(), link.Checks(), attribute.Checks(), optin.Checks(), notice.Checks(),
		intake.Checks(), conversation.Checks(), outbox.Checks(), media.Checks(), assignment.Checks(),
		reminder.Checks(), retention.Checks(), cases.Checks(), erasure.Checks(contact.Kinds()), breach.Checks(), addressbook.Checks(), device.Checks(), lists.Checks(), chats.Checks(), backup.Checks())
}
