package app

import (
	"context"
	"crypto/rand"
	"errors"

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

// openEngine opens the database, brings it up to date and opens its keys, for a
// process that may write to it. On SQLite it has the data folder for itself.
// Whoever is visiting sends nothing and succeeds nobody. Prepare comes before
// the keys.
func openEngine(ctx context.Context, c Config, visiting bool, prepare func(context.Context, *Engine) error) (e Engine, err error) {
	c = c.withDefaults()
	e = Engine{Config: c, IDs: id.NewSource(c.Now, rand.Reader), Hub: live.NewHub(), node: rand.Text()[:16]}
	if e.folder, err = folder.Take(c.Data, c.use(visiting)); err != nil {
		return e, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
		}
	}()
	if e.DB, err = store.Open(ctx, c.database(), store.Logging(c.Log), store.SlowAfter(c.SlowWrite)); err != nil {
		return e, err
	}
	if err = e.DB.Migrate(ctx); err != nil {
		return e, err
	}
	if err = prepare(ctx, &e); err != nil {
		return e, err
	}
	if e.Root, err = vault.RootOf(ctx, e.DB, c.rootKey()); err != nil {
		return e, err
	}
	if e.Vault, err = vault.Open(ctx, e.DB, e.Root, e.IDs, c.Now); err != nil {
		return e, err
	}
	return e, e.build()
}

// ready refuses a database on which nothing may run.
func ready(ctx context.Context, e *Engine) error {
	if err := backup.Whole(ctx, e.DB); err != nil {
		return err
	}
	return e.DB.Check(ctx, e.Config.Log, Checks())
}

// close closes the database and lets go of the data folder.
func (e *Engine) close() (err error) {
	if e.Gate != nil {
		e.Gate.Close()
	}
	if e.DB != nil {
		err = e.DB.Close()
	}
	return errors.Join(err, e.folder.Release())
}

// build makes the machines on the opened database.
func (e *Engine) build() (err error) {
	c := &e.Config
	if e.texts, err = i18n.All(); err != nil {
		return err
	}
	outside, err := c.outside()
	if err != nil {
		return err
	}
	if e.Gate, err = egress.New(egress.Options{Now: c.Now, Destinations: outside}); err != nil {
		return err
	}
	e.Client = cloudapi.New(e.Gate.Client(cloudapi.Destination), c.GraphURL, c.GraphVersion)
	e.Log = evidence.New(e.Vault, c.Now)
	e.Post = mail.Open(c.Mail, e.Gate, c.Now)
	e.Mails = mail.NewQueue(e.DB, e.Vault, e.IDs, c.Now, c.Log, e.Post, map[string]mail.Returned{})
	e.Jobs = jobs.New(e.DB, e.IDs, c.Now, c.Log, e.node)
	e.Box = blob.New(e.DB, e.Vault, c.Now)
	return nil
}
