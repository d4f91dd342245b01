package app

import (
	"context"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/blob"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/report"
	"einklang/internal/importing/chats"
	"einklang/internal/importing/lists"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/draft"
	"einklang/internal/messaging/search"
	"einklang/internal/messaging/template"
	"einklang/internal/person/attribute"
	"einklang/internal/person/picture"
	"einklang/internal/person/record"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/phones/device/amapi"
	"einklang/internal/rights/access"
	"einklang/internal/rights/answer"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/letters"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// meta opens Meta's API for a number.
func (a *App) meta() org.Meta { return org.Meta{DB: a.DB, Registry: a.Orgs, Client: a.Client} }

// openMail makes the way for e-mail. An installation without a mail server runs
// as well: then nobody can be invited by e-mail.
func (a *App) openMail(g *egress.Border) {
	var dial mail.Dialer
	if a.Config.Mail.Host != "" {
		dial = g.Dial(mail.Destination)
	}
	a.Post = mail.New(a.Config.Mail, dial, a.Config.Now)
	a.Mails = mail.NewQueue(a.DB, a.Vault, a.IDs, a.Config.Now, a.Config.Log, a.Post, map[string]mail.Returned{
		optin.MailKind: func(ctx context.Context, tx store.Tx, org, ref id.ID) error {
			return a.Requests.Returned(ctx, tx, org, ref)
		},
	})
}

// outside is where the installation can reach beside Meta.
func (a *App) outside() ([]egress.Destination, error) {
	c := &a.Config
	ways := mail.Ways{Server: c.Mail, Returns: c.Returns, Requests: c.Requests.Mailbox}
	all, err := ways.Check()
	c.Mail, c.Returns, c.Requests.Mailbox = ways.Server, ways.Returns, ways.Requests
	if c.Phones.AndroidEnterprise != "" {
		all = append(all, amapi.Outside(c.Phones.AndroidURL))
	}
	return append(all, c.Backup.Outside()...), err
}

// concerned finds the people behind what staff look at and change. The keepers
// are made later, so they are looked up when it happens.
func (a *App) concerned() map[audit.Object]audit.Finder {
	return map[audit.Object]audit.Finder{
		audit.Conversation: func(ctx context.Context, r store.Reader, org, at id.ID) (id.ID, error) {
			return a.Threads.PersonOf(ctx, r, org, at)
		},
		audit.Message: func(ctx context.Context, r store.Reader, org, at id.ID) (id.ID, error) {
			return a.Threads.PersonOfMessage(ctx, r, org, at)
		},
		audit.Case: func(ctx context.Context, r store.Reader, org, at id.ID) (id.ID, error) {
			return a.Cases.PersonOf(ctx, r, org, at)
		},
	}
}

// openWork makes what colleagues share, and the search.
func (a *App) openWork() {
	c := a.Config
	a.Work = assignment.New(a.IDs, c.Now, a.Threads, a.People, a.People.Altered)
	a.Arrivals = assignment.Arrivals{Work: a.Work, Now: c.Now, Orgs: a.Orgs, Staff: a.Users, Threads: a.Threads}
	a.Threads.ViewBy(assignment.MentionedIn, assignment.LabelledWith)
	a.Reports = report.New(a.DB, c.Now, a.Threads, a.Work, a.Orgs)
}

func (a *App) openSearch() {
	orgs := func(ctx context.Context) ([]id.ID, error) { return a.Orgs.IDs(ctx, a.DB) }
	a.Search = search.New(search.Parts{DB: a.DB, Vault: a.Vault, IDs: a.IDs, Log: a.Config.Log, Messages: a.Threads, Words: conversation.Words, Orgs: orgs})
	a.Threads.IndexWith(a.Search)
	a.Drafts = draft.New(a.Vault, a.Config.Now)
}

// openFirewall makes the address books of company phones. Whatever changes about
// people or their consents is told to the books in the same transaction.
func (a *App) openFirewall() {
	c := a.Config
	a.Portraits = picture.New(a.Vault, c.Now, a.People.Altered)
	a.Attributes = attribute.New(a.Vault, a.IDs, c.Now, a.Threads.Show)
	a.Books = addressbook.New(a.DB, a.Vault, a.IDs, c.Now, a.People, a.Work, a.Portraits)
	a.Devices = device.New(a.DB, a.Vault, a.IDs, c.Now, a.Books, a.Orgs, a.Log)
	a.People.Watch(a.Books.Touch)
}

func (a *App) openRegisters() {
	a.Registers = processors.New(a.Vault, a.IDs, a.Config.Now, a.Orgs)
	a.Orgs.Guard(processors.MayStart)
	a.Storage = processors.Storage{DB: a.DB, Orgs: a.Orgs, Meta: a.meta(), Log: a.Config.Log}
}

// openSync makes what reads from Meta what staff may have changed there.
func (a *App) openSync() {
	a.Sync = template.Sync{DB: a.DB, Catalogue: a.Templates, Meta: a.meta(), Log: a.Config.Log}
	a.Profiles = notice.Profiles{DB: a.DB, Board: a.Notices, Orgs: a.Orgs, Meta: a.meta(), Site: a.Config.PublicURL, Log: a.Config.Log}
}

// openOptIns makes the ways to a consent.
func (a *App) openOptIns() error {
	de, en, err := i18n.Load()
	if err != nil {
		return err
	}
	a.texts = map[string]*i18n.Catalogue{"de": de, "en": en}
	a.Entries = optin.NewEntries(a.IDs, a.Config.Now, a.Log)
	a.Requests = optin.NewRequests(a.Consents.Consents, a.People, a.Mails, a.Log, a.Entries, de, en, a.Config.PublicURL)
	return nil
}

// openRights makes what people's rights need. Who keeps something about people
// is told at the end, in openKeepers.
func (a *App) openRights() {
	c := a.Config
	a.Jobs = jobs.New(a.DB, a.IDs, c.Now, c.Log, a.node)
	a.Box = blob.New(a.DB, a.Vault, c.Now)
	a.Cases = cases.New(a.Vault, a.IDs, c.Now, a.Log)
	a.Visits = cases.NewVisits(a.Vault, c.Now)
	a.Holds = retention.New(a.Vault, a.IDs, c.Now, a.Log, a.Threads)
	a.Breaches = breach.New(a.Vault, a.IDs, c.Now, a.Log, a.Threads, a.Shelf)
	a.Retention = retention.NewRunner(a.Holds, a.DB, a.Jobs, retention.Keepers{Files: a.Shelf, Messages: a.Threads, Audit: a.Audit, Approvals: a.Approvals}.Steps()...)
	a.Erasure = erasure.New(erasure.Parts{DB: a.DB, Vault: a.Vault, IDs: a.IDs, Now: c.Now, Log: c.Log, People: a.People, Ledger: a.Log,
		Unsend: a.Outbox.Cancel, Held: a.Holds.Held, Duties: []erasure.Duty{erasure.ConsentProof(a.Log, a.People)},
		Recipients: erasure.Together(backup.Told(a.Backups, a.Signer, c.Now), erasure.MetaBooks(a.DB, a.Orgs, a.Client))})
	a.Answers = &answer.Answers{
		Packages: &access.Packages{DB: a.DB, Now: c.Now, Outside: a.Gate, Numbers: a.Orgs, Rooms: []record.Exporter{a.Portraits.Export, a.Consents.Export,
			a.Notices.Export, a.Threads.Export, a.Attributes.Export, a.Work.Export, a.Shelf.Export}},
		IDs: a.IDs, PublicURL: c.PublicURL, Texts: a.texts, Orgs: a.Orgs, People: a.People, Consents: a.Consents, Threads: a.Threads, Templates: a.Templates,
		Outbox: a.Outbox, Mails: a.Mails, Box: a.Box, Cases: a.Cases, Visits: a.Visits, Erasures: a.Erasure}
	a.Letters = &letters.Letters{DB: a.DB, IDs: a.IDs, Now: c.Now, Ledger: a.Log, Threads: a.Threads, People: a.People, Numbers: a.Orgs, Files: a.Shelf, Words: access.Words}
}

// requests takes mails of people who ask for something.
func (a *App) requests() cases.Mailbox {
	return cases.Mailbox{DB: a.DB, Cases: a.Cases, Log: a.Config.Log, Organisation: a.Config.Requests.Organisation, Orgs: a.Orgs}
}

// openImports makes what brings people and chats in.
func (a *App) openImports() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		berlin = time.UTC // a machine without time zones: dates are off by hours at most
	}
	graves := erasure.Tombstones{People: a.People}
	a.Imports = lists.New(lists.Parts{DB: a.DB, IDs: a.IDs, Now: a.Config.Now, Location: berlin, Jobs: a.Jobs, Box: a.Box, People: a.People, Consents: a.Consents,
		Tombstones: graves, Removal: erasure.Removal{Erasures: a.Erasure, Informed: a.Notices.Informed}, Ledger: a.Log})
	a.Chats = chats.New(chats.Parts{DB: a.DB, IDs: a.IDs, Now: a.Config.Now, Location: berlin, Jobs: a.Jobs, Box: a.Box, People: a.People,
		Tombstones: graves, History: a.Threads, Files: a.Shelf, Ledger: a.Log})
}

// openKeepers says who keeps something about people. A capability that does so
// has its part here.
func (a *App) openKeepers() {
	a.Erasure.Keep(erasure.Keepers{Queue: a.Outbox.Erase, Files: a.Shelf, Messages: a.Threads, Consents: a.Consents, Attributes: a.Attributes,
		Drafts: a.Drafts.Forget, Webhooks: a.Intake.Erase, Pictures: a.Portraits.Forget, Books: a.Books.Forget, Work: a.Work.Forget, Notices: a.Notices.Erase,
		Parcels: a.Answers.EraseParcels, Visits: a.Visits.End, Mails: a.Mails.Forget, Lists: a.Imports.Erase, Chats: a.Chats.Erase,
		SharedWebhooks: a.Intake.EraseMentions, EarlyStatuses: a.Threads.EraseEarly})
}

// notified tells the imports, which are made later, that a person was sent the
// privacy notice.
func (a *App) notified(ctx context.Context, tx store.Tx, org, person id.ID, at time.Time) error {
	return a.Imports.Notified(ctx, tx, org, person, at)
}
