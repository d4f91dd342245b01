package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"einklang/internal/engine/store"
)

// The file "lock" in the data folder is locked as long as a process lives, and
// holds that process's name. Whoever gets the lock knows that the process
// named there has ended, however it ended, and can take over at once what it
// had leased.

// ErrInUse is returned when another process has the data folder.
var ErrInUse = errors.New("in use by another Einklang")

// lockFolder takes the lock. On SQLite a second process is turned away; on
// PostgreSQL several nodes may share a folder, and only the first gets to know
// who was there before it.
func (a *Engine) lockFolder() (before string, err error) {
	if a.visiting && a.Config.Database != "" {
		return "", nil
	}
	path := filepath.Join(a.Config.Data, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the folder the operator named
	if err != nil {
		return "", fmt.Errorf("the data folder %s cannot be written: check its permissions (%w)", a.Config.Data, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if a.Config.Database != "" {
			return "", nil
		}
		return "", fmt.Errorf("the data folder %s is %w: stop that one first, or choose another folder with --data", a.Config.Data, ErrInUse)
	}
	a.lock = f
	name, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return "", errors.Join(fmt.Errorf("read %s: %w", path, err), a.release())
	}
	return string(name), nil
}

// sign writes our name into the lock file.
func (a *Engine) sign() error {
	if a.lock == nil {
		return nil
	}
	if err := a.lock.Truncate(0); err != nil {
		return fmt.Errorf("the data folder %s cannot be written: %w", a.Config.Data, err)
	}
	if _, err := a.lock.WriteAt([]byte(a.node), 0); err != nil {
		return fmt.Errorf("the data folder %s cannot be written: is the disk full? (%w)", a.Config.Data, err)
	}
	return nil
}

// succeed takes over what the process before us had leased, and then signs: a
// crash in between leaves the predecessor's name for the next attempt.
func (a *App) succeed(ctx context.Context) error {
	if before := a.before; before != "" {
		err := a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			return errors.Join(a.Outbox.Succeed(ctx, tx, before), a.Jobs.Succeed(ctx, tx, before))
		})
		if err != nil {
			return err
		}
	}
	return a.sign()
}

func (a *Engine) release() error {
	if a.lock == nil {
		return nil
	}
	return a.lock.Close()
}
