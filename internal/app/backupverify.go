package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/id"
)

// Verified is what a verification of a backup has found.
type Verified struct {
	Name   string
	Rows   int64
	Keys   int64 // each opened
	People int64 // whose profiles opened
	Leaves int64 // of the evidence logs, each verified
	// NotObeyed are markers of erasures that the installation did not put there.
	NotObeyed []string
}

// VerifyBackup restores a backup into a scratch folder, without any call to the
// outside, and checks counts, keys and evidence.
func VerifyBackup(ctx context.Context, from backup.From, scratch string) (v Verified, err error) {
	ctx = store.Patient(ctx, restoreWithin)
	e := newEngine(Config{Data: scratch})
	if err := e.openStore(ctx); err != nil {
		return v, errors.Join(err, e.release())
	}
	defer func() { err = errors.Join(err, e.close()) }()
	l, err := backup.Load(ctx, e.DB, from, e.Config.Now())
	if err != nil {
		return v, err
	}
	v.Name, v.NotObeyed = l.Name, l.NotObeyed
	for table, want := range l.Rows {
		var n int64
		if err := e.DB.QueryRow(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil { //nolint:gosec // names that the schema knows
			return v, err
		}
		if n != want {
			return v, fmt.Errorf("of %s, %d rows arrived instead of %d", table, n, want)
		}
		v.Rows += n
	}
	a, err := e.restored(ctx, l.RootKey)
	if err != nil {
		return v, err
	}
	if err := a.DB.Write(ctx, a.giveBackKeys); err != nil {
		return v, err
	}
	return v, a.verify(ctx, &v)
}

func (a *App) verify(ctx context.Context, v *Verified) error {
	orgs, err := a.Orgs.All(ctx, a.DB)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if err := a.verifyKeys(ctx, o.ID, v); err != nil {
			return fmt.Errorf("organisation %s: %w", o.Slug, err)
		}
		export := new(bytes.Buffer)
		if err := a.Log.Export(ctx, a.DB, o.ID, export, evidence.Opened{}); err != nil {
			return err
		}
		report, err := evidence.Verify(export, "")
		if err != nil {
			return fmt.Errorf("the evidence of %s: %w", o.Slug, err)
		}
		v.Leaves += report.Leaves
	}
	return nil
}

// verifyKeys opens every key, and every person's profile with them.
func (a *App) verifyKeys(ctx context.Context, org id.ID, v *Verified) error {
	owners, err := vault.Owners(ctx, a.DB, org)
	if err != nil {
		return err
	}
	v.Keys += int64(len(owners))
	keys, err := a.Vault.Org(ctx, a.DB, org)
	if err != nil {
		return err
	}
	for len(owners) > 0 {
		n := min(len(owners), reindexBatch)
		if _, err := keys.Keyrings(ctx, a.DB, owners[:n]); err != nil {
			return err
		}
		known, err := a.People.GetMany(ctx, a.DB, org, owners[:n])
		if err != nil {
			return err
		}
		v.People += int64(len(known))
		owners = owners[n:]
	}
	return nil
}

// scratch begins the names of the folders in which backups are tried.
const scratch = "einklang-verify-"

// VerifyInScratch verifies a backup in a temporary folder. It holds the root
// key meanwhile, so what a verification left that was killed goes first.
func VerifyInScratch(ctx context.Context, from backup.From) (Verified, error) {
	if err := sweepScratch(); err != nil {
		return Verified{}, err
	}
	dir, err := os.MkdirTemp("", scratch)
	if err != nil {
		return Verified{}, fmt.Errorf("a scratch folder cannot be made: %w", err)
	}
	v, err := VerifyBackup(ctx, from, filepath.Join(dir, "data"))
	return v, errors.Join(err, os.RemoveAll(dir))
}

// sweepScratch deletes scratch folders whose process has ended: their lock is
// free. One without a lock may be just about to get it.
func sweepScratch() error {
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), scratch+"*"))
	if err != nil {
		return err
	}
	for _, dir := range folders {
		a := newEngine(Config{Data: filepath.Join(dir, "data")})
		if _, err := os.Stat(filepath.Join(a.Config.Data, "lock")); err != nil {
			continue
		}
		if _, err := a.lockFolder(); err != nil {
			continue // at work, or somebody else's
		}
		if err := errors.Join(os.RemoveAll(dir), a.release()); err != nil {
			return fmt.Errorf("a scratch folder of a verification that was killed cannot be deleted: delete %s, it holds the root key (%w)", dir, err)
		}
	}
	return nil
}
