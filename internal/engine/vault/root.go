package vault

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"einklang/internal/engine/folder"
	"einklang/internal/engine/store"
)

// ErrRootMissing is returned when the database holds keys that a root key has
// wrapped, but the root key's file is gone.
var ErrRootMissing = errors.New("the root key is missing, although the database was sealed with one: put the key file back from its backup; without it nothing can be read")

// Root wraps the keys of organisations. A file holds it by default; a key
// management service can stand in.
type Root interface {
	Wrap(key, context []byte) ([]byte, error)
	Unwrap(wrapped, context []byte) ([]byte, error)
}

// FileRoot is a root key in a file: a Tink keyset, readable by its owner only.
type FileRoot struct {
	path string
	keys atomic.Pointer[keyset]
}

func rootWith(path string, keys *keyset) *FileRoot {
	f := &FileRoot{path: path}
	f.keys.Store(keys)
	return f
}

// Wrap seals a key.
func (f *FileRoot) Wrap(key, context []byte) ([]byte, error) {
	return f.keys.Load().seal(key, context)
}

// Unwrap opens a key.
func (f *FileRoot) Unwrap(wrapped, context []byte) ([]byte, error) {
	return f.keys.Load().open(wrapped, context)
}

// OpenRoot reads a root key. It returns fs.ErrNotExist if there is no file.
func OpenRoot(path string) (*FileRoot, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open the root key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the root key %s can be read by others (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the root key: %w", err)
	}
	keys, err := readKeyset(text)
	if err != nil {
		return nil, fmt.Errorf("the root key %s is damaged: put it back from its backup (%w)", path, err)
	}
	return rootWith(path, keys), nil
}

// CreateRoot makes a new root key. It never replaces one that exists.
func CreateRoot(path string) (*FileRoot, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("create the root key: %s exists already", path)
	}
	f := rootWith(path, keyset{}.with())
	return f, f.save(f.keys.Load())
}

// RootOf reads the root key of a database, and makes it on the very first run:
// while the database holds no key that a root key has wrapped.
func RootOf(ctx context.Context, r store.Reader, path string) (*FileRoot, error) {
	used, err := inUse(ctx, r)
	if err != nil {
		return nil, err
	}
	root, err := OpenRoot(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if used {
		return nil, fmt.Errorf("%w (expected at %s)", ErrRootMissing, path)
	}
	return CreateRoot(path)
}

// Rotate adds a new primary key. The older ones still open what they wrapped;
// Vault.Rewrap wraps everything anew, and [FileRoot.EndOlder] ends them.
func (f *FileRoot) Rotate() error {
	next := f.keys.Load().with()
	if err := f.save(next); err != nil {
		return err
	}
	f.keys.Store(next)
	return nil
}

// EndOlder ends the keys before the newest, once nothing in the database is wrapped
// by them and the last rotation was before a time: until then a backup may need them.
// What [FileRoot.Derive] returns stays the same; nothing can be opened with what is
// left of them. It reports how many ended.
func (f *FileRoot) EndOlder(ctx context.Context, r store.Reader, before time.Time) (int, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return 0, fmt.Errorf("end older root keys: %w", err)
	}
	now, err := OpenRoot(f.path) // another process may have rotated it
	if err != nil || !info.ModTime().Before(before) {
		return 0, err
	}
	next, ended, err := now.keys.Load().only()
	if err != nil || ended == 0 {
		return 0, err
	}
	rows, err := store.Collect(ctx, r, func(row store.Row) ([2][]byte, error) {
		var k [2][]byte
		return k, row.Scan(&k[0], &k[1])
	}, "SELECT wrapped, lookup FROM org_key")
	if err != nil {
		return 0, fmt.Errorf("end older root keys: %w", err)
	}
	for _, k := range rows {
		for _, wrapped := range k {
			if !next.wrapped(wrapped) {
				return 0, nil
			}
		}
	}
	if err := f.save(next); err != nil {
		return 0, err
	}
	f.keys.Store(next)
	return ended, nil
}

// Derive returns 32 secret bytes for a purpose. They follow from the first key there
// was, so they stay the same when the root key is rotated, and when that key has
// ended.
func (f *FileRoot) Derive(purpose string) ([]byte, error) {
	first, err := f.keys.Load().extracted()
	if err != nil {
		return nil, fmt.Errorf("derive from the root key: %w", err)
	}
	secret, err := hkdf.Expand(sha256.New, first, purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive from the root key: %w", err)
	}
	return secret, nil
}

// save writes the file in full or not at all, and returns once it is on the
// disk.
func (f *FileRoot) save(keys *keyset) error {
	text, err := json.Marshal(keys)
	if err != nil {
		return fmt.Errorf("write the root key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fmt.Errorf("write the root key: %w", err)
	}
	temp, err := os.OpenFile(f.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the root key: %w", err)
	}
	err = folder.Put(temp, f.path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the root key: %w", err)
	}
	return nil
}
