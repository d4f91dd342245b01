package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
)

// Backup says where backups go: to a folder or to an object store.
type Backup struct {
	Folder     string
	S3         *backup.S3
	Recipients []string // public keys of age
	Keep       backup.Retention
}

// keep is how long backups are kept.
func (b Backup) keep() backup.Retention {
	if b.Keep == (backup.Retention{}) {
		return backup.DefaultRetention
	}
	return b.Keep
}

func (b Backup) destinations() []egress.Destination {
	if b.S3 == nil {
		return nil
	}
	return []egress.Destination{b.S3.Outside()}
}

func (b Backup) target(g *egress.Border) (backup.Target, error) {
	switch {
	case b.S3 != nil:
		if err := b.S3.Check(); err != nil {
			return nil, err
		}
		return b.S3.Target(g.Client(backup.Destination))
	case b.Folder != "":
		return backup.Folder(b.Folder), nil
	default:
		return nil, nil
	}
}

// backupRecipients are the backups as a recipient of an erasure: a marker is
// put beside them, so that no restore brings the person back.
func (a *App) backupRecipients() []erasure.Recipient {
	if a.Backups == nil {
		return nil
	}
	return []erasure.Recipient{{Name: "backups", Tell: func(ctx context.Context, org id.ID, who erasure.Identity) (erasure.Answer, error) {
		err := backup.Mark(ctx, a.Backups, a.Signer, backup.Marker{Org: org, Contact: who.Contact, At: a.Config.Now()})
		return erasure.Answer{State: erasure.Told, Code: "marked"}, err
	}}}
}

// errNoBackup is returned where no place for backups is configured.
var errNoBackup = errors.New("no place for backups is configured: add backup with folder or s3, and recipients")

// TakeBackup makes a backup of an installation, which may be running, and
// deletes those that have been kept long enough. If the rows are dumped by
// PostgreSQL's own tools, it holds the keys and the files.
func TakeBackup(ctx context.Context, e *Engine, dumped bool) (taken backup.Taken, err error) {
	c := e.Config
	recipients, err := backup.Recipients(c.Backup.Recipients)
	if err != nil {
		return taken, err
	}
	to, err := c.Backup.target(e.Gate)
	if err != nil {
		return taken, err
	}
	if to == nil {
		return taken, errNoBackup
	}
	by, err := signer(c.rootKey())
	if err != nil {
		return taken, err
	}
	root, err := os.ReadFile(c.rootKey())
	if err != nil {
		return taken, fmt.Errorf("read the root key: %w", err)
	}
	taken, err = backup.Take(ctx, backup.Source{DB: e.DB, RootKey: root, Now: c.Now, By: by, Dumped: dumped}, to, recipients)
	if err != nil {
		return taken, err
	}
	err = backup.Prune(ctx, to, c.Backup.keep(), c.Now())
	e.saveTransfers(ctx)
	return taken, err
}

// signer signs what the installation with this root key puts beside its backups.
func signer(rootKey string) (backup.Signer, error) {
	root, err := vault.OpenRoot(rootKey)
	if err != nil {
		return backup.Signer{}, fmt.Errorf("a backup is signed with what follows from the root key: %w", err)
	}
	seed, err := root.Derive(signature)
	return backup.NewSigner(seed), err
}

// signature is what the secret is for that follows from the root key. Another
// text makes other fingerprints.
const signature = "einklang backup signature 1"

// Installation is the fingerprint by which a restore knows the backups of an
// installation.
func Installation(c Config) (string, error) {
	by, err := signer(c.rootKey())
	if err != nil {
		return "", err
	}
	return by.Installation(), nil
}

// BackupTarget opens the place of the backups for a restore.
func BackupTarget(c Config) (backup.Target, error) {
	g, err := egress.New(egress.Options{Now: c.Now, Destinations: c.Backup.destinations()})
	if err != nil {
		return nil, err
	}
	to, err := c.Backup.target(g)
	if err == nil && to == nil {
		err = errNoBackup
	}
	return to, err
}

// restoreWithin is how long one statement of a restore may take: some work on
// whole tables.
const restoreWithin = 6 * time.Hour

// Restore brings a backup into the empty database of an installation. Broken
// off at any moment it can be run again.
func Restore(ctx context.Context, c Config, from backup.From) (backup.Loaded, error) {
	return restore(ctx, c, from, backup.Load)
}

// RestoreDumped completes a database that PostgreSQL's own tools have loaded,
// with the keys and the files of the newest backup.
func RestoreDumped(ctx context.Context, c Config, from backup.From) (backup.Loaded, error) {
	return restore(ctx, c, from, backup.Complete)
}

func restore(ctx context.Context, c Config, from backup.From, load func(context.Context, *store.DB, backup.From, time.Time) (backup.Loaded, error)) (l backup.Loaded, err error) {
	ctx = store.Patient(ctx, restoreWithin)
	e := newEngine(c)
	if err := e.openStore(ctx); err != nil {
		return l, errors.Join(err, e.release())
	}
	defer func() { err = errors.Join(err, e.close()) }()
	if l, err = load(ctx, e.DB, from, e.Config.Now()); err != nil {
		return l, err
	}
	a, err := e.restored(ctx, l.RootKey)
	if err != nil {
		return l, err
	}
	if err := a.afterRestore(ctx, l.Markers); err != nil {
		return l, err
	}
	return l, backup.Finish(ctx, a.DB, a.Config.Now())
}

// restored puts an installation together on the rows of a backup.
func (e *Engine) restored(ctx context.Context, rootKey []byte) (*App, error) {
	if err := e.putRootKey(rootKey); err != nil {
		return nil, err
	}
	if err := e.openVault(ctx); err != nil {
		return nil, err
	}
	if err := e.build(); err != nil {
		return nil, err
	}
	return build(*e)
}

// putRootKey puts the root key of a backup in its place, unless one is there.
func (a *Engine) putRootKey(content []byte) error {
	path := a.Config.rootKey()
	there, err := os.ReadFile(path) //nolint:gosec // the file the operator named
	switch {
	case err == nil && (len(content) == 0 || bytes.Equal(there, content)):
		return nil
	case err == nil:
		return fmt.Errorf("%s holds another root key than the backup: move it away, or restore into a new data folder", path)
	case len(content) == 0:
		return nil // it comes from elsewhere, and openVault says so if it is missing
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read the root key: %w", err)
	}
	return os.WriteFile(path, content, 0o600)
}

// afterRestore does what must be done before anything else may happen: whoever
// was erased since the backup is erased again, nothing that was waiting is sent
// by itself, and the search index is made anew.
func (a *App) afterRestore(ctx context.Context, markers []backup.Marker) error {
	if err := a.DB.Write(ctx, a.giveBackKeys); err != nil {
		return err
	}
	gone, err := a.erasedSince(ctx, markers)
	if err != nil {
		return err
	}
	for _, m := range gone {
		// She may have become known after the backup.
		there, err := a.People.Exists(ctx, a.DB, m.Org, m.Contact)
		if err != nil {
			return fmt.Errorf("erase again who was erased: %w", err)
		}
		if !there {
			continue
		}
		err = a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := a.Erasure.Begin(ctx, tx, m.Org, m.Contact, erasure.Order{Source: erasure.Restored})
			return err
		})
		if err != nil && !errors.Is(err, erasure.ErrNobody) {
			return fmt.Errorf("erase again who was erased: %w", err)
		}
	}
	if err := a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(a.Outbox.Restored(ctx, tx), a.Books.Restored(ctx, tx))
	}); err != nil {
		return err
	}
	for worked := true; worked; {
		if worked, err = a.Erasure.Work(ctx); err != nil {
			return err
		}
	}
	return a.reindex(ctx)
}

// erasedSince are those whom the markers name, and everybody whose keys the
// newest key file does not hold any more.
func (a *App) erasedSince(ctx context.Context, markers []backup.Marker) ([]backup.Marker, error) {
	keyless, err := a.keyless(ctx, a.DB)
	if err != nil {
		return nil, err
	}
	var gone []backup.Marker
	for _, k := range keyless {
		gone = append(gone, backup.Marker{Org: k.Org, Contact: k.Owner})
	}
	return append(gone, markers...), nil
}

// giveBackKeys returns the key of a person who was merged after the backup: her
// sealed profile names the key that opens it.
func (a *App) giveBackKeys(ctx context.Context, tx store.Tx) error {
	keyless, err := a.keyless(ctx, tx)
	if err != nil {
		return err
	}
	return vault.Give(ctx, tx, slices.DeleteFunc(keyless, func(k vault.Given) bool { return k.Key.IsZero() }))
}

// keyless are the people who have no keys, with the key that each needs.
func (a *App) keyless(ctx context.Context, r store.Reader) (all []vault.Given, err error) {
	orgs, err := a.Orgs.All(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, o := range orgs {
		owners, err := vault.Owners(ctx, r, o.ID)
		if err != nil {
			return nil, err
		}
		people, err := a.People.Keyed(ctx, r, o.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if _, has := slices.BinarySearchFunc(owners, p.Person, func(a, b id.ID) int { return bytes.Compare(a[:], b[:]) }); !has {
				all = append(all, vault.Given{Org: o.ID, Key: p.Key, Owner: p.Person})
			}
		}
	}
	return all, nil
}

const reindexBatch = 500

func (a *App) reindex(ctx context.Context) error {
	orgs, err := a.Orgs.All(ctx, a.DB)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		for after, done := (id.ID{}), false; !done; {
			err := a.DB.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
				next, err := a.People.Reindex(ctx, tx, o.ID, after, reindexBatch)
				tx.AfterCommit(func() { after, done = next, next.IsZero() })
				return err
			})
			if err != nil {
				return err
			}
		}
		if _, err := a.Search.Rebuild(ctx, o.ID); err != nil {
			return err
		}
	}
	return nil
}
