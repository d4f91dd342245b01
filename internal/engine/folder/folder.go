// Package folder says who has a data folder. The file "lock" in it is locked as
// long as a process lives, and holds that process's name. Whoever gets the lock
// knows that the process named there has ended, however it ended, and can take
// over at once what it had leased.
package folder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// ErrInUse is returned when another process has the folder.
var ErrInUse = errors.New("in use by another Einklang")

// Lock is the file in a data folder that its owner holds locked.
const Lock = "lock"

// Use is how a process uses a data folder.
type Use int

// The uses.
const (
	Alone    Use = iota // the database lies in it: a second process is turned away
	Shared              // the database is elsewhere, and other nodes may be here too
	Visiting            // the database is elsewhere, and somebody only looks in
)

// Folder is a data folder that is in use.
type Folder struct {
	// Before is the name of the process that had the folder before us and has
	// ended; empty if nobody had it, or others have it beside us.
	Before string

	path string
	lock *os.File // nil: it is not ours
}

// Take begins to use a data folder and makes it if it is not there. Of several
// that share it, only the first gets to know who was there before it.
func Take(path string, use Use) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be made: choose another with --data, or change its permissions (%w)", path, err)
	}
	f := &Folder{path: path}
	if use == Visiting {
		return f, nil
	}
	file, err := os.OpenFile(filepath.Join(path, Lock), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the folder the operator named
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be written: check its permissions (%w)", path, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if use == Shared {
			return f, nil
		}
		return nil, fmt.Errorf("the data folder %s is %w: stop that one first, or choose another folder with --data", path, ErrInUse)
	}
	f.lock = file
	name, err := io.ReadAll(io.LimitReader(file, 64))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", file.Name(), err), f.Release())
	}
	f.Before = string(name)
	return f, nil
}

// Sign writes our name into the lock. Until then it names the process before us.
func (f *Folder) Sign(name string) error {
	if f.lock == nil {
		return nil
	}
	if err := f.lock.Truncate(0); err != nil {
		return fmt.Errorf("the data folder %s cannot be written: %w", f.path, err)
	}
	if _, err := f.lock.WriteAt([]byte(name), 0); err != nil {
		return fmt.Errorf("the data folder %s cannot be written: is the disk full? (%w)", f.path, err)
	}
	return nil
}

// Release lets go of the folder.
func (f *Folder) Release() error {
	if f.lock == nil {
		return nil
	}
	return f.lock.Close()
}
