// Package app puts the parts together: it is the only place that knows them
// all.
package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/setup"
	"einklang/internal/door/webhook"
	"einklang/internal/engine/blob"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/live"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/engine/vault"
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
	"einklang/internal/person/picture"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
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

// Config is what an installation is told.
type Config struct {
	Data         string // folder of the database and of the root key
	Database     string // postgres://…; empty: SQLite in Data
	RootKey      string // file; empty: root.key in Data
	PublicURL    string // address at which people reach the pages
	GraphURL     string // Meta's Graph API
	GraphVersion string
	Apps         []webhook.App
	Mail         mail.Server            // the zero value: no e-mail
	Returns      mail.Mailbox           // where returned mails arrive; the zero value: nobody looks
	Requests     Requests               // where people's requests arrive by e-mail
	Backup       backup.Config          // the zero value: no backups from here
	Components   []processors.Component // where its parts stand
	Phones       Phones                 // how company phones are managed
	MaxQueue     int64                  // messages of one number that may wait; 0: a million
	Threshold    threshold.Options
	Log          *slog.Logger
	SlowWrite    time.Duration // from when on a write is logged; 0: 500 ms
	Now          func() time.Time
}

// App is a running installation.
type App struct {
	Config     Config
	DB         *store.DB
	IDs        *id.Source
	Vault      *vault.Vault
	Root       *vault.FileRoot
	Log        *evidence.Log
	Orgs       *org.Registry
	People     *contact.Book
	Threads    *conversation.Threads
	Consents   optin.Marketer
	Notices    *notice.Board
	Templates  *template.Catalogue
	Users      *user.Directory
	Shelf      *media.Shelf
	Outbox     *outbox.Outbox
	Intake     *intake.Intake
	Erasure    *erasure.Erasures
	Backups    backup.Target // nil: none is configured
	Signer     backup.Signer // of what lies beside the backups
	Cases      *cases.Cases
	Visits     *cases.Visits
	Answers    *answer.Answers
	Letters    *letters.Letters
	Holds      *retention.Holds
	Retention  *retention.Runner
	Breaches   *breach.Register
	Audit      *audit.Log
	Attributes *attribute.Attributes
	Approvals  *approval.Approvals
	Hub        *live.Hub
	Search     *search.Index
	Drafts     *draft.Box
	Gate       *egress.Border
	Client     *cloudapi.Client
	Door       *webhook.Door
	Books      *addressbook.Books
	Portraits  *picture.Album
	Devices    *device.Register
	Registers  *processors.Register
	Work       *assignment.Assignments
	Arrivals   assignment.Arrivals
	Reports    *report.Reports
	Cockpit    *facts.Cockpit
	Storage    processors.Storage
	Sync       template.Sync
	Profiles   notice.Profiles
	Requests   *optin.Requests
	Entries    *optin.Entries
	Post       *mail.Post
	Mails      *mail.Queue
	Jobs       *jobs.Runner
	Box        *blob.Box
	Imports    *lists.Imports
	Chats      *chats.Imports

	again  again
	texts  map[string]*i18n.Catalogue // by locale
	node   string
	before string // the node that had the data folder before us, and has ended
	lock   *os.File
	cancel context.CancelFunc
	done   sync.WaitGroup

	renew   chan struct{} // asks for templates and storage of a new number
	opening *setup.Opening
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// Open puts an installation together and starts it. Close ends it.
func Open(ctx context.Context, c Config) (*App, error) {
	c = c.withDefaults()
	if err := processors.CheckPlaces(c.Components); err != nil {
		return nil, err
	}
	a := bare(c)
	a.renew = make(chan struct{}, 1)
	if err := a.openStore(ctx); err != nil {
		return nil, errors.Join(err, a.release())
	}
	if err := backup.Whole(ctx, a.DB); err != nil {
		return nil, errors.Join(err, a.DB.Close(), a.release())
	}
	if err := a.DB.Check(ctx, c.Log, Checks()); err != nil {
		return nil, errors.Join(err, a.DB.Close(), a.release())
	}
	if err := a.openVault(ctx); err != nil {
		return nil, errors.Join(err, a.DB.Close(), a.release())
	}
	if err := a.assemble(); err != nil {
		return nil, errors.Join(err, a.DB.Close(), a.release())
	}
	if err := a.succeed(ctx, a.before); err != nil {
		a.Intake.Close()
		return nil, errors.Join(err, a.DB.Close(), a.release())
	}
	a.start()
	return a, nil
}

func newNode() string {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	return hex.EncodeToString(raw)
}

func (a *App) openStore(ctx context.Context) error {
	c := a.Config
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("the data folder %s cannot be made: choose another with --data, or change its permissions (%w)", c.Data, err)
	}
	var err error
	if a.before, err = a.lockFolder(); err != nil {
		return err
	}
	if a.DB, err = store.Open(ctx, a.database(), a.watchedStore()...); err != nil {
		return err
	}
	if err := a.DB.Migrate(ctx); err != nil {
		return errors.Join(err, a.DB.Close())
	}
	return nil
}

// watchedStore has the database write down what holds others up.
func (a *App) watchedStore() []store.Option {
	return []store.Option{store.Logging(a.Config.Log), store.SlowAfter(a.Config.SlowWrite)}
}

// database is the address of the database.
func (a *App) database() string {
	if a.Config.Database != "" {
		return a.Config.Database
	}
	return filepath.Join(a.Config.Data, "einklang.db")
}

// rootKey is the file of the root key.
func (a *App) rootKey() string {
	if a.Config.RootKey != "" {
		return a.Config.RootKey
	}
	return filepath.Join(a.Config.Data, "root.key")
}

// openVault reads the root key; on the very first run it makes one.
func (a *App) openVault(ctx context.Context) error {
	path := a.rootKey()
	used, err := vault.InUse(ctx, a.DB)
	if err != nil {
		return err
	}
	a.Root, err = vault.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		if used {
			return fmt.Errorf("%w (expected at %s)", vault.ErrRootMissing, path)
		}
		a.Root, err = vault.CreateRoot(path)
	}
	if err != nil {
		return err
	}
	if a.Signer, err = backup.SignerOf(a.Root); err != nil {
		return err
	}
	a.Vault, err = vault.Open(ctx, a.DB, a.Root, a.IDs, a.Config.Now)
	return err
}

// metaName is the name of Meta at the gate of package egress.
const metaName = "meta"

func (a *App) assemble() error {
	c := a.Config
	graph := c.GraphURL
	if graph == "" {
		graph = cloudapi.DefaultBaseURL
	}
	allowed, err := allowedHosts(graph)
	if err != nil {
		return err
	}
	destinations, err := a.outside()
	if err != nil {
		return err
	}
	a.Gate, err = egress.New(egress.Options{Now: c.Now, Destinations: append(destinations, egress.Destination{
		Name: metaName, Allow: allowed, Recipient: "WhatsApp Ireland Ltd. / Meta Platforms, Inc.", Country: "US",
		Mechanism: "Data Privacy Framework, SCC", DataCategories: []string{"contact", "content", "metadata"},
	})})
	if err != nil {
		return err
	}
	a.openMail(a.Gate)
	if a.Backups, err = c.Backup.Target(a.Gate); err != nil {
		return err
	}
	a.Client = cloudapi.New(a.Gate.Client(metaName), graph, c.GraphVersion)
	changed := func(org, conversation id.ID) { a.Hub.Publish(org, conversation) }
	a.Log = evidence.New(a.Vault, c.Now)
	a.Users = user.New(a.DB, a.Vault, a.IDs, c.Now)
	a.Audit = audit.New(a.Vault, a.IDs, c.Now, a.Log, a.concerned())
	a.Approvals = approval.New(a.Vault, a.IDs, c.Now, a.Log, a.Users.Deciders)
	a.Orgs = org.New(a.DB, a.Vault, a.IDs, c.Now)
	a.Threads = conversation.New(a.Vault, a.IDs, c.Now, changed)
	a.openRegisters()
	a.Notices = notice.New(a.IDs, c.Now, a.Log, a.notified)
	a.openSearch()
	a.Templates = template.New(a.IDs, c.Now)
	a.openSync()
	a.Shelf = media.New(a.DB, a.Vault, a.IDs, c.Now, c.Log, a.Client, a.Orgs, a.fileArrived)
	a.Threads.KeepFilesIn(a.Shelf)
	var consents *optin.Consents
	a.People = contact.New(a.Vault, a.IDs, c.Now, a.Threads.Merge, a.Notices.Merge, a.Log.Merge, a.Shelf.Merge,
		func(ctx context.Context, tx store.Tx, org, from, into id.ID) error {
			// Made after the people, so they are looked up when it happens.
			for _, merge := range []contact.Merged{consents.Merge, a.Outbox.Merge, a.Mails.Merge, a.Books.Merge, a.Cases.Merge, a.Holds.Merge, a.Work.Merge, a.Drafts.Merge, a.Portraits.Merge, a.Attributes.Merge, a.Audit.Merge,
				a.Intake.Merge, a.Visits.Merge, a.Imports.Merge, a.Chats.Merge} {
				if err := merge(ctx, tx, org, from, into); err != nil {
					return err
				}
			}
			return nil
		})
	a.openWork()
	a.openFirewall()
	consents = optin.New(a.IDs, c.Now, a.Vault, a.People, addressbook.Witness{Books: a.Books, Ledger: a.Log})
	a.Books.Ask(consents)
	a.Consents = optin.Marketer{Consents: consents, People: a.People}
	if err := a.openOptIns(); err != nil {
		return err
	}
	a.Outbox = outbox.New(outbox.Parts{DB: a.DB, IDs: a.IDs, Now: c.Now, Log: c.Log, Registry: a.Orgs, People: a.People, Threads: a.Threads,
		Notices: a.Notices, Templates: a.Templates, Consents: a.Consents, Files: a.Shelf, Ledger: a.Log, Client: a.Client,
		NoticeURL: func(slug string) string { return notice.Address(c.PublicURL, slug) },
		Hidden:    func(locale string) string { return a.texts[locale].T("secret.code") }, Node: a.node, Most: c.MaxQueue})
	consents.UsedAsTold(a.Outbox.LastUse)
	a.openRights()
	a.Intake = intake.New(intake.Parts{DB: a.DB, IDs: a.IDs, Now: c.Now, Log: c.Log, Vault: a.Vault, Registry: a.Orgs, People: a.People,
		Threads: a.Threads, Consents: a.Consents, Listener: a.Requests, Outbox: a.Outbox, Templates: a.Templates, Files: a.Shelf, Rights: a.Answers, Desk: a.Arrivals, Graves: erasure.Tombstones{People: a.People}})
	a.openImports()
	a.openKeepers()
	a.openCockpit()
	a.opening = setup.NewOpening(a.DB, a.Orgs)
	a.Door = webhook.New(c.Apps, a.Intake, c.Log)
	return nil
}

// allowedHosts is where calls to Meta may go: the Graph API, and for the real
// one also the hosts from which it hands out files.
func allowedHosts(graph string) ([]string, error) {
	u, err := url.Parse(graph)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("the address of the Graph API %q cannot be read: want something like https://graph.facebook.com", graph)
	}
	allowed := []string{u.Scheme + "://" + u.Host}
	if u.Host == "graph.facebook.com" {
		allowed = append(allowed, "lookaside.fbsbx.com", "*.whatsapp.net")
	}
	return allowed, nil
}

func (a *App) fileArrived(org, message id.ID) {
	m, err := a.Threads.Get(context.Background(), a.DB, org, message)
	if err == nil {
		a.Hub.Publish(org, m.Conversation)
	}
}

func (a *App) start() {
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	a.done.Go(func() { _ = a.Outbox.Run(ctx) })
	a.done.Go(func() { a.Shelf.Run(ctx) })
	a.done.Go(func() { a.Search.Run(ctx) })
	a.done.Go(func() { a.Mails.Run(ctx) })
	if a.Config.Returns.Host != "" {
		reader := mail.NewReader(a.Config.Returns, a.Gate.Dial(mail.MailboxDestination), a.Mails.TakeReport, a.Config.Log)
		a.done.Go(func() { reader.Run(ctx) })
	}
	if a.Config.Requests.Host != "" {
		reader := mail.NewReader(a.Config.Requests.Mailbox, a.Gate.Dial(mail.RequestsDestination), a.requests().Take, a.Config.Log)
		a.done.Go(func() { reader.Run(ctx) })
	}
	for _, round := range a.rounds() {
		a.done.Go(func() { round.Run(ctx, a.Config.Log) })
	}
	a.done.Go(func() { a.Jobs.Run(ctx) })
	a.done.Go(func() { uptime.Watch{DB: a.DB, Now: a.Config.Now, Log: a.Config.Log}.Run(ctx) })
	a.done.Go(func() { a.startAgain(ctx) })
	a.done.Go(func() { a.Erasure.Run(ctx) })
	if a.Config.Database != "" {
		a.done.Go(func() { live.Postgres(ctx, a.Config.Database, a.Hub, a.node, a.Config.Log) })
	}
}
