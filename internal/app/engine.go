package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"einklang/internal/engine/blob"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/folder"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/live"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/govern/processors"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// Engine are the machines on which all districts stand: an opened database and
// its keys, and what knows nothing of the business.
type Engine struct {
	Config Config
	DB     *store.DB
	IDs    *id.Source
	Vault  *vault.Vault
	Root   *vault.FileRoot
	Log    *evidence.Log
	Hub    *live.Hub
	Gate   *egress.Border
	Client *cloudapi.Client
	Post   *mail.Post
	Mails  *mail.Queue
	Jobs   *jobs.Runner
	Box    *blob.Box

	texts  map[string]*i18n.Catalogue // by locale
	node   string
	folder *folder.Folder
}

// newEngine is an Engine whose database is not open yet.
func newEngine(c Config) Engine {
	c = c.withDefaults()
	return Engine{Config: c, IDs: id.NewSource(c.Now, rand.Reader), Hub: live.NewHub(), node: newNode()}
}

func newNode() string {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	return hex.EncodeToString(raw)
}

// openEngine opens the database, brings it up to date and opens its keys, for a
// process that may write to it. On SQLite it has the data folder for itself.
// Whoever is visiting sends nothing and succeeds nobody.
func openEngine(ctx context.Context, c Config, visiting bool) (e Engine, err error) {
	e = newEngine(c)
	if err := processors.CheckPlaces(e.Config.Components); err != nil {
		return e, err
	}
	if err := e.openStore(ctx, visiting); err != nil {
		return e, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
		}
	}()
	if err := backup.Whole(ctx, e.DB); err != nil {
		return e, err
	}
	if err := e.DB.Check(ctx, e.Config.Log, Checks()); err != nil {
		return e, err
	}
	if err := e.openVault(ctx); err != nil {
		return e, err
	}
	return e, e.build()
}

// close closes the database and lets go of the data folder.
func (e *Engine) close() error {
	if e.Gate != nil {
		e.Gate.Close()
	}
	return errors.Join(e.DB.Close(), e.folder.Release())
}

// openStore takes the data folder and opens the database.
func (e *Engine) openStore(ctx context.Context, visiting bool) (err error) {
	if e.folder, err = folder.Take(e.Config.Data, e.Config.use(visiting)); err != nil {
		return err
	}
	if e.DB, err = store.Open(ctx, e.Config.database(), e.watchedStore()...); err != nil {
		return errors.Join(err, e.folder.Release())
	}
	if err = e.DB.Migrate(ctx); err != nil {
		return errors.Join(err, e.DB.Close(), e.folder.Release())
	}
	return nil
}

// watchedStore has the database write down what holds others up.
func (e *Engine) watchedStore() []store.Option {
	return []store.Option{store.Logging(e.Config.Log), store.SlowAfter(e.Config.SlowWrite)}
}

// openVault reads the root key; on the very first run it makes one.
func (e *Engine) openVault(ctx context.Context) error {
	path := e.Config.rootKey()
	used, err := vault.InUse(ctx, e.DB)
	if err != nil {
		return err
	}
	e.Root, err = vault.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		if used {
			return fmt.Errorf("%w (expected at %s)", vault.ErrRootMissing, path)
		}
		e.Root, err = vault.CreateRoot(path)
	}
	if err != nil {
		return err
	}
	e.Vault, err = vault.Open(ctx, e.DB, e.Root, e.IDs, e.Config.Now)
	return err
}

// build makes the machines on the opened database.
func (e *Engine) build() (err error) {
	c := &e.Config
	if e.texts, err = catalogues(); err != nil {
		return err
	}
	graph := c.GraphURL
	if graph == "" {
		graph = cloudapi.DefaultBaseURL
	}
	if e.Gate, err = border(c, graph); err != nil {
		return err
	}
	e.Client = cloudapi.New(e.Gate.Client(meta), graph, c.GraphVersion)
	e.Log = evidence.New(e.Vault, c.Now)
	var dial mail.Dialer // an installation without a mail server runs as well
	if c.Mail.Host != "" {
		dial = e.Gate.Dial(mail.Destination)
	}
	e.Post = mail.New(c.Mail, dial, c.Now)
	e.Mails = mail.NewQueue(e.DB, e.Vault, e.IDs, c.Now, c.Log, e.Post, map[string]mail.Returned{})
	e.Jobs = jobs.New(e.DB, e.IDs, c.Now, c.Log, e.node)
	e.Box = blob.New(e.DB, e.Vault, c.Now)
	return nil
}

// meta is the name of Meta at the gate of package egress.
const meta = "meta"

// border is the one way to the internet, with all that is configured outside.
func border(c *Config, graph string) (*egress.Border, error) {
	allowed, err := allowedHosts(graph)
	if err != nil {
		return nil, err
	}
	all, err := c.outside()
	if err != nil {
		return nil, err
	}
	return egress.New(egress.Options{Now: c.Now, Destinations: append(all, egress.Destination{
		Name: meta, Allow: allowed, Recipient: "WhatsApp Ireland Ltd. / Meta Platforms, Inc.", Country: "US",
		Mechanism: "Data Privacy Framework, SCC", DataCategories: []string{"contact", "content", "metadata"},
	})})
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

// catalogues are the texts in both languages.
func catalogues() (map[string]*i18n.Catalogue, error) {
	de, en, err := i18n.Load()
	return map[string]*i18n.Catalogue{"de": de, "en": en}, err
}
