package app

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/live"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/id"
)

// bare is an installation of which nothing is open yet.
func bare(c Config) *App {
	c = c.withDefaults()
	return &App{Config: c, IDs: id.NewSource(c.Now, rand.Reader), Hub: live.NewHub(), node: newNode()}
}

// TakeBackup makes a backup of an installation, which may be running. If the
// rows are dumped by PostgreSQL's own tools, it holds the keys and the files.
func TakeBackup(ctx context.Context, c Config, dumped bool) (taken backup.Taken, err error) {
	a := bare(c)
	if a.DB, err = store.Open(ctx, a.database(), a.watchedStore()...); err != nil {
		return taken, err
	}
	defer func() { err = errors.Join(err, a.DB.Close()) }()
	a.Gate, err = egress.New(egress.Options{Now: a.Config.Now, Destinations: c.Backup.Outside()})
	if err != nil {
		return taken, err
	}
	defer a.Gate.Close()
	taken, err = c.Backup.Round(ctx, a.DB, a.rootKey(), a.Gate, a.Config.Now, dumped)
	return taken, errors.Join(err, processors.Save(ctx, a.DB, a.Gate, a.Config.Now()))
}

// Installation is the fingerprint by which a restore knows the backups of an
// installation.
func Installation(c Config) (string, error) {
	by, err := backup.SignerAt((&App{Config: c}).rootKey())
	if err != nil {
		return "", err
	}
	return by.Installation(), nil
}

// Restore brings a backup into the empty database of an installation. Broken
// off at any moment it can be run again.
func Restore(ctx context.Context, c Config, from backup.From) (backup.Loaded, error) {
	return load(ctx, c, from, backup.Load, func(ctx context.Context, h *backup.House, l backup.Loaded) error { return h.Restored(ctx, l.Markers) })
}

// RestoreDumped completes a database that PostgreSQL's own tools have loaded,
// with the keys and the files of the newest backup.
func RestoreDumped(ctx context.Context, c Config, from backup.From) (backup.Loaded, error) {
	return load(ctx, c, from, backup.Complete, func(ctx context.Context, h *backup.House, l backup.Loaded) error { return h.Restored(ctx, l.Markers) })
}

// VerifyInScratch restores a backup into a scratch folder, without any call to
// the outside, and checks counts, keys and evidence.
func VerifyInScratch(ctx context.Context, from backup.From) (v backup.Verified, err error) {
	err = backup.InScratch(lockScratch, func(folder string) error {
		_, err := load(ctx, Config{Data: folder}, from, backup.Load, func(ctx context.Context, h *backup.House, l backup.Loaded) (err error) {
			if v, err = backup.CountRows(ctx, h.DB, l); err != nil {
				return err
			}
			return h.Verify(ctx, &v)
		})
		return err
	})
	return v, err
}

func lockScratch(folder string) (release func() error, err error) {
	a := &App{Config: Config{Data: folder}}
	_, err = a.lockFolder()
	return a.release, err
}

// load fills a database from a backup, and puts an installation together around
// it that is not started.
func load(ctx context.Context, c Config, from backup.From, fill func(context.Context, *store.DB, backup.From, time.Time) (backup.Loaded, error),
	then func(context.Context, *backup.House, backup.Loaded) error,
) (l backup.Loaded, err error) {
	ctx = store.Patient(ctx, backup.Patience)
	a := bare(c)
	if err := a.openStore(ctx); err != nil {
		return l, errors.Join(err, a.release())
	}
	defer func() { err = errors.Join(err, a.DB.Close(), a.release()) }()
	if l, err = fill(ctx, a.DB, from, a.Config.Now()); err != nil {
		return l, err
	}
	if err := backup.PutRootKey(a.rootKey(), l.RootKey); err != nil {
		return l, err
	}
	if err := a.openVault(ctx); err != nil {
		return l, err
	}
	if err := a.assemble(); err != nil {
		return l, err
	}
	defer a.Intake.Close()
	return l, then(ctx, &backup.House{DB: a.DB, Now: a.Config.Now, Orgs: a.Orgs, People: a.People, Vault: a.Vault, Erasures: a.Erasure,
		Quiet: []func(context.Context, store.Tx) error{a.Outbox.Restored, a.Books.Restored}, Index: a.Search.Rebuild}, l)
}
