package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/store"
)

// Whole refuses a database that a restore left half full, and a dump without
// its keys.
func Whole(ctx context.Context, db *store.DB) error {
	half, err := Unfinished(ctx, db)
	if err != nil {
		return err
	}
	if half {
		return ErrUnfinished
	}
	keyless, err := Keyless(ctx, db)
	if err == nil && keyless {
		err = ErrKeyless
	}
	return err
}

// Installation is what is backed up.
type Installation struct {
	DB      *store.DB
	RootKey string // file
	Border  *egress.Border
	Now     func() time.Time
}

// Round makes a backup of an installation, which may be running, and deletes
// those that have been kept long enough. If the rows are dumped by PostgreSQL's
// own tools, it holds the keys and the files.
func (c Config) Round(ctx context.Context, of Installation, dumped bool) (Taken, error) {
	recipients, err := Recipients(c.Recipients)
	if err != nil {
		return Taken{}, err
	}
	if err := Whole(ctx, of.DB); err != nil {
		return Taken{}, err
	}
	to, err := c.Target(of.Border)
	if err != nil {
		return Taken{}, err
	}
	if to == nil {
		return Taken{}, ErrNowhere
	}
	by, err := SignerAt(of.RootKey)
	if err != nil {
		return Taken{}, err
	}
	root, err := os.ReadFile(of.RootKey) //nolint:gosec // the file the operator named
	if err != nil {
		return Taken{}, fmt.Errorf("read the root key: %w", err)
	}
	taken, err := Take(ctx, Source{DB: of.DB, RootKey: root, Now: of.Now, By: by, Dumped: dumped}, to, recipients)
	if err != nil {
		return taken, err
	}
	return taken, Expire(ctx, to, c.Kept(), of.Now())
}

// PutRootKey puts the root key of a backup in its place, unless one is there.
func PutRootKey(path string, content []byte) error {
	there, err := os.ReadFile(path) //nolint:gosec // the file the operator named
	switch {
	case err == nil && (len(content) == 0 || bytes.Equal(there, content)):
		return nil
	case err == nil:
		return fmt.Errorf("%s holds another root key than the backup: move it away, or restore into a new data folder", path)
	case len(content) == 0:
		return nil // it comes from elsewhere, and whoever opens the vault says so if it is missing
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read the root key: %w", err)
	}
	return os.WriteFile(path, content, 0o600)
}
