// Package machines opens what all districts stand on: the database with its
// keys, and the machines that know nothing of the business.
package machines

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

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
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// Options say what to open.
type Options struct {
	Data         string // folder of the database and of the root key
	Database     string // postgres://…; empty: SQLite in Data
	RootKey      string // file; see RootKeyFile
	Visiting     bool   // a command, which sends nothing and succeeds nobody
	GraphURL     string // Meta's Graph API
	GraphVersion string
	Mail         mail.Server
	Outside      []egress.Destination
	Log          *slog.Logger
	SlowWrite    time.Duration // from when on a write is logged; 0: 500 ms
	Now          func() time.Time
}

// RootKeyFile is the file of the root key: the named one, or root.key in the
// data folder.
func RootKeyFile(data, named string) string {
	if named != "" {
		return named
	}
	return filepath.Join(data, "root.key")
}

// database is the address of the database, and how the data folder is used for
// it.
func (o Options) database() (string, folder.Use) {
	switch {
	case o.Database == "":
		return filepath.Join(o.Data, "einklang.db"), folder.Alone
	case o.Visiting:
		return o.Database, folder.Visiting
	default:
		return o.Database, folder.Shared
	}
}

// Machines are an opened database and its keys, and what stands on them.
type Machines struct {
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
	Texts  map[string]*i18n.Catalogue // by locale
	Node   string                     // the name of this process
	Folder *folder.Folder
}

// Open opens the database, brings it up to date and opens its keys, for a
// process that may write to it. On SQLite it has the data folder for itself.
// Prepare comes before the keys.
func Open(ctx context.Context, o Options, prepare func(context.Context, *store.DB) error) (m Machines, err error) {
	m = Machines{IDs: id.NewSource(o.Now, rand.Reader), Hub: live.NewHub(), Node: rand.Text()[:16]}
	address, use := o.database()
	if m.Folder, err = folder.Take(o.Data, use); err != nil {
		return m, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Close())
		}
	}()
	if m.DB, err = store.Open(ctx, address, store.Logging(o.Log), store.SlowAfter(o.SlowWrite)); err != nil {
		return m, err
	}
	if err = m.DB.Migrate(ctx); err != nil {
		return m, err
	}
	if err = prepare(ctx, m.DB); err != nil {
		return m, err
	}
	if m.Root, err = vault.RootOf(ctx, m.DB, RootKeyFile(o.Data, o.RootKey)); err != nil {
		return m, err
	}
	if m.Vault, err = vault.Open(ctx, m.DB, m.Root, m.IDs, o.Now); err != nil {
		return m, err
	}
	return m, m.build(o)
}

// Close closes the database and lets go of the data folder.
func (m *Machines) Close() (err error) {
	if m.Gate != nil {
		m.Gate.Close()
	}
	if m.DB != nil {
		err = m.DB.Close()
	}
	return errors.Join(err, m.Folder.Release())
}

// Succeed has all take over what the process before us had leased, and then
// signs: a crash in between leaves the predecessor's name for the next attempt.
func (m *Machines) Succeed(ctx context.Context, all ...func(ctx context.Context, tx store.Tx, before string) error) error {
	if before := m.Folder.Before; before != "" {
		err := m.DB.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
			for _, take := range all {
				err = errors.Join(err, take(ctx, tx, before))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return m.Folder.Sign(m.Node)
}

// build makes the machines on the opened database.
func (m *Machines) build(o Options) (err error) {
	if m.Texts, err = i18n.All(); err != nil {
		return err
	}
	if m.Gate, err = egress.New(egress.Options{Now: o.Now, Destinations: o.Outside}); err != nil {
		return err
	}
	m.Client = cloudapi.New(m.Gate.Client(cloudapi.Destination), o.GraphURL, o.GraphVersion)
	m.Log = evidence.New(m.Vault, o.Now)
	m.Post = mail.Open(o.Mail, m.Gate, o.Now)
	m.Mails = mail.NewQueue(m.DB, m.Vault, m.IDs, o.Now, o.Log, m.Post, map[string]mail.Returned{})
	m.Jobs = jobs.New(m.DB, m.IDs, o.Now, o.Log, m.Node)
	m.Box = blob.New(m.DB, m.Vault, o.Now)
	return nil
}
