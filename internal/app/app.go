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
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
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
	Backup       Backup                 // the zero value: no backups from here
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
	Reports    *report.Reports
	Cockpit    *facts.Cockpit
	Requests   *optin.Requests
	Entries    *optin.Entries
	Post       *mail.Post
	Mails      *mail.Queue
	Jobs       *jobs.Runner
	Box        *blob.Box
	Imports    *lists.Imports
	Chats      *chats.Imports

	again   again
	reached reached
	texts   map[string]*i18n.Catalogue // by locale
	node    string
	before  string // the node that had the data folder before us, and has ended
	lock    *os.File
	cancel  context.CancelFunc
	done    sync.WaitGroup

	renew   chan struct{} // asks for templates and storage of a new number
	setup   sync.Once
	code    string      // opens the first-run assistant
	founded atomic.Bool // there is an organisation
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
	a := &App{Config: c, IDs: id.NewSource(c.Now, rand.Reader), Hub: live.NewHub(), node: newNode(), renew: make(chan struct{}, 1)}
	if err := a.openStore(ctx); err != nil {
		return nil, errors.Join(err, a.release())
	}
	if err := a.refuseHalf(ctx); err != nil {
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

// refuseHalf keeps an installation from starting on a restore that was broken
// off, or on a dump without its keys.
func (a *App) refuseHalf(ctx context.Context) error {
	half, err := backup.Unfinished(ctx, a.DB)
	if err != nil {
		return err
	}
	if half {
		return backup.ErrUnfinished
	}
	keyless, err := backup.Keyless(ctx, a.DB)
	if err == nil && keyless {
		err = backup.ErrKeyless
	}
	return err
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
	seed, err := a.Root.Derive(signature)
	if err != nil {
		return err
	}
	a.Signer = backup.NewSigner(seed)
	a.Vault, err = vault.Open(ctx, a.DB, a.Root, a.IDs, a.Config.Now)
	return err
}

// meta is the name of Meta at the gate of package egress.
const meta = "meta"

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
	destinations, err := a.mailDestination()
	if err != nil {
		return err
	}
	destinations = append(destinations, a.androidDestination()...)
	destinations = append(destinations, c.Backup.destinations()...)
	a.Gate, err = egress.New(egress.Options{Now: c.Now, Destinations: append(destinations, egress.Destination{
		Name: meta, Allow: allowed, Recipient: "WhatsApp Ireland Ltd. / Meta Platforms, Inc.", Country: "US",
		Mechanism: "Data Privacy Framework, SCC", DataCategories: []string{"contact", "content", "metadata"},
	})})
	if err != nil {
		return err
	}
	a.openMail(a.Gate)
	if a.Backups, err = c.Backup.target(a.Gate); err != nil {
		return err
	}
	a.Client = cloudapi.New(a.Gate.Client(meta), graph, c.GraphVersion)
	changed := func(org, conversation id.ID) { a.Hub.Publish(org, conversation) }
	a.Log = evidence.New(a.Vault, c.Now)
	a.Users = user.New(a.DB, a.Vault, a.IDs, c.Now)
	a.Audit = audit.New(a.Vault, a.IDs, c.Now, a.Log, a.concerned())
	a.Approvals = approval.New(a.Vault, a.IDs, c.Now, a.Log, a.Users.Deciders)
	a.Orgs = org.New(a.DB, a.Vault, a.IDs, c.Now)
	a.Threads = conversation.New(a.Vault, a.IDs, c.Now, changed)
	a.registers()
	a.Notices = notice.New(a.IDs, c.Now, a.Log, a.notified)
	a.openSearch()
	a.Templates = template.New(a.IDs, c.Now)
	a.Shelf = media.New(a.DB, a.Vault, a.IDs, c.Now, c.Log, a.Client, a.Orgs, a.fileArrived)
	a.Threads.KeepFilesIn(a.Shelf)
	var consents *optin.Consents
	a.People = contact.New(a.Vault, a.IDs, c.Now, a.Threads.Merge, a.Notices.Merge, a.Log.Merge, a.Shelf.Merge, a.mergeImports,
		func(ctx context.Context, tx store.Tx, org, from, into id.ID) error {
			// Made after the people, so they are looked up when it happens.
			for _, merge := range []contact.Merged{consents.Merge, a.Outbox.Merge, a.Mails.Merge, a.Books.Merge, a.Cases.Merge, a.Holds.Merge, a.Work.Merge, a.Drafts.Merge, a.Portraits.Merge, a.Attributes.Merge, a.Audit.Merge,
				a.Intake.Merge, a.mergeVisits} {
				if err := merge(ctx, tx, org, from, into); err != nil {
					return err
				}
			}
			return nil
		})
	a.openFirewall()
	consents = optin.New(a.IDs, c.Now, a.Vault, a.People, a.consentLedger())
	a.Consents = optin.Marketer{Consents: consents, People: a.People}
	if err := a.optIns(); err != nil {
		return err
	}
	a.Outbox = outbox.New(outbox.Parts{DB: a.DB, IDs: a.IDs, Now: c.Now, Log: c.Log, Registry: a.Orgs, People: a.People, Threads: a.Threads,
		Notices: a.Notices, Templates: a.Templates, Consents: a.Consents, Files: a.Shelf, Ledger: a.Log, Client: a.Client,
		NoticeURL: func(slug string) string { return strings.TrimRight(c.PublicURL, "/") + "/privacy/" + slug },
		Hidden:    func(locale string) string { return a.texts[locale].T("secret.code") }, Node: a.node, Most: c.MaxQueue})
	consents.UsedAsTold(a.Outbox.LastUse)
	if err := a.openRights(); err != nil {
		return err
	}
	a.Intake = intake.New(intake.Parts{DB: a.DB, IDs: a.IDs, Now: c.Now, Log: c.Log, Vault: a.Vault, Registry: a.Orgs, People: a.People,
		Threads: a.Threads, Consents: a.Consents, Listener: a.Requests, Outbox: a.Outbox, Templates: a.Templates, Files: a.Shelf, Rights: rights{a}, Desk: arrivals{a}, Graves: tombstones{a}})
	a.imports()
	a.openRetention()
	a.erasures()
	a.openCockpit()
	a.Door = webhook.New(c.Apps, accept{a}, c.Log)
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

// mergeVisits ends what a person began on the public page: who she is, is
// asked anew.
func (a *App) mergeVisits(ctx context.Context, tx store.Tx, org, from, _ id.ID) error {
	return a.Visits.End(ctx, tx, org, from)
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
		reader := mail.NewReader(a.Config.Requests.Mailbox, a.Gate.Dial(mail.RequestsDestination), a.TakeRequest, a.Config.Log)
		a.done.Go(func() { reader.Run(ctx) })
	}
	a.done.Go(func() { a.housekeeping(ctx) })
	a.done.Go(func() { a.Jobs.Run(ctx) })
	a.done.Go(func() { a.watchIntake(ctx) })
	a.done.Go(func() { a.startAgain(ctx) })
	a.done.Go(func() { a.Erasure.Run(ctx) })
	if a.Config.Database != "" {
		a.done.Go(func() { live.Postgres(ctx, a.Config.Database, a.Hub, a.node, a.Config.Log) })
	}
}
