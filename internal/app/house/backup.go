package house

import (
	"context"
	"errors"

	"einklang/internal/engine/letterbox"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/govern/processors"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/id"
)

// TakeBackup makes a backup of an installation, which may be running. If the
// rows are dumped by PostgreSQL's own tools, it holds the keys and the files.
func TakeBackup(ctx context.Context, e *Engine, dumped bool) (backup.Taken, error) {
	c := e.Config
	taken, err := c.Backup.Round(ctx, backup.Installation{DB: e.DB, RootKey: c.rootKey(), Border: e.Gate, Now: c.Now}, dumped)
	return taken, errors.Join(err, e.SaveTransfers(ctx))
}

// Installation is the fingerprint by which a restore knows the backups of an
// installation.
func Installation(c Config) (string, error) { return backup.InstallationAt(c.rootKey()) }

// LetterKey is the public key to which the letter boxes of an installation seal.
func LetterKey(c Config) (key letterbox.PublicKey, err error) {
	root, err := vault.OpenRoot(c.rootKey())
	if err != nil {
		return key, err
	}
	opens, err := letterbox.KeyOf(root)
	return opens.Public(), err
}

// Restore brings a backup into the database of an installation: backup.Load into
// an empty one, backup.Complete the keys and files into one that PostgreSQL's own
// tools have loaded. Broken off at any moment it can be run again.
func Restore(ctx context.Context, c Config, from backup.From, fill backup.Fill) (backup.Loaded, error) {
	return load(ctx, c, from, fill, func(ctx context.Context, h *backup.House, l *backup.Loaded) error { return h.Restored(ctx, l) })
}

// VerifyInScratch restores a backup into a scratch folder, without any call to
// the outside, and checks counts, keys and evidence.
func VerifyInScratch(ctx context.Context, from backup.From) (v backup.Verified, err error) {
	err = backup.InScratch(func(folder string) error {
		_, err := load(ctx, Config{Data: folder}, from, backup.Load, func(ctx context.Context, h *backup.House, l *backup.Loaded) (err error) {
			v, err = h.Verify(ctx, *l)
			return err
		})
		return err
	})
	return v, err
}

// load fills a database from a backup, and puts an installation together around
// it that is not started.
func load(ctx context.Context, c Config, from backup.From, fill backup.Fill, then func(context.Context, *backup.House, *backup.Loaded) error) (l backup.Loaded, err error) {
	ctx = store.Patient(ctx, backup.Patience)
	c = c.withDefaults()
	r, err := openWith(ctx, c, false, func(ctx context.Context, db *store.DB) (err error) {
		if l, err = fill(ctx, db, from, c.Now()); err != nil {
			return err
		}
		return backup.PutRootKey(c.rootKey(), l.RootKey)
	})
	if err != nil {
		return l, err
	}
	h, err := r.whole()
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	err = then(ctx, &backup.House{DB: h.DB, Now: h.Config.Now, Orgs: h.Orgs, People: h.People, Vault: h.Vault, Erasures: h.Erasure, Standing: h.standing(),
		Rooms: h.Keepers(), Index: func(ctx context.Context, org id.Org) (int, error) { return h.Search.Rebuild(ctx, org, store.Alone{}) }}, &l)
	return l, err
}

// SaveTransfers writes down who was reached outside.
func (e *Engine) SaveTransfers(ctx context.Context) error {
	return processors.Save(ctx, e.DB, e.Gate, e.Config.Now())
}
