package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/folder"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
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

// countRows begins a verification: every row of the backup has to have arrived.
func countRows(ctx context.Context, r store.Reader, l Loaded) (Verified, error) {
	v := Verified{Name: l.Name, NotObeyed: l.NotObeyed}
	for table, want := range l.Rows {
		var n int64
		if err := r.QueryRow(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil { //nolint:gosec // names that the schema knows
			return v, err
		}
		if n != want {
			return v, fmt.Errorf("of %s, %d rows arrived instead of %d", table, n, want)
		}
		v.Rows += n
	}
	return v, nil
}

// Verify counts the rows, opens every key and every person's profile, and
// verifies the evidence logs.
func (h *House) Verify(ctx context.Context, l Loaded) (Verified, error) {
	v, err := countRows(ctx, h.DB, l)
	if err != nil {
		return v, err
	}
	if err := h.giveBackKeys(ctx); err != nil {
		return v, err
	}
	orgs, err := h.Orgs.IDs(ctx, h.DB)
	if err != nil {
		return v, err
	}
	log := evidence.New(h.Vault, h.Now)
	for _, org := range orgs {
		if err := h.verifyKeys(ctx, org, &v); err != nil {
			return v, fmt.Errorf("organisation %s: %w", org, err)
		}
		export := new(bytes.Buffer)
		if err := log.Export(ctx, h.DB, org, export, evidence.Opened{}, store.Alone{}); err != nil {
			return v, err
		}
		report, err := evidence.Verify(export, "")
		if err != nil {
			return v, fmt.Errorf("the evidence of organisation %s: %w", org, err)
		}
		v.Leaves += report.Leaves
	}
	return v, nil
}

// verifyKeys opens every key, and every person's profile with them.
func (h *House) verifyKeys(ctx context.Context, org id.Org, v *Verified) error {
	owners, err := vault.Owners(ctx, h.DB, org)
	if err != nil {
		return err
	}
	v.Keys += int64(len(owners))
	keys, err := h.Vault.Org(ctx, h.DB, org)
	if err != nil {
		return err
	}
	for len(owners) > 0 {
		n := min(len(owners), reindexBatch)
		if _, err := vault.Keyrings(ctx, h.DB, keys, owners[:n]); err != nil {
			return err
		}
		people := make([]id.Person, n) // those of the owners who are
		for i, owner := range owners[:n] {
			people[i] = id.Person(owner)
		}
		known, err := h.People.GetMany(ctx, h.DB, org, people)
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

// InScratch tries something in a data folder of its own and deletes it. The
// folder holds the root key meanwhile, so what a verification left that was
// killed goes first.
func InScratch(try func(folder string) error) error {
	if err := sweepScratch(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", scratch)
	if err != nil {
		return fmt.Errorf("a scratch folder cannot be made: %w", err)
	}
	return errors.Join(try(filepath.Join(dir, "data")), os.RemoveAll(dir))
}

// sweepScratch deletes scratch folders whose process has ended: their lock is
// free. One without a lock may be just about to get it.
func sweepScratch() error {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), scratch+"*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		data := filepath.Join(dir, "data")
		if _, err := os.Stat(filepath.Join(data, folder.Lock)); err != nil {
			continue
		}
		taken, err := folder.Take(data, folder.Alone)
		if err != nil {
			continue // at work, or somebody else's
		}
		if err := errors.Join(os.RemoveAll(dir), taken.Release()); err != nil {
			return fmt.Errorf("a scratch folder of a verification that was killed cannot be deleted: delete %s, it holds the root key (%w)", dir, err)
		}
	}
	return nil
}
