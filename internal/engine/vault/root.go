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
	keys *keyset
}

// Wrap seals a key.
func (f *FileRoot) Wrap(key, context []byte) ([]byte, error) { return f.keys.seal(key, context) }

// Unwrap opens a key.
func (f *FileRoot) Unwrap(wrapped, context []byte) ([]byte, error) {
	return f.keys.open(wrapped, context)
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
	return &FileRoot{path, keys}, nil
}

// CreateRoot makes a new root key. It never replaces one that exists.
func CreateRoot(path string) (*FileRoot, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("create the root key: %s exists already", path)
	}
	f := &FileRoot{path, keyset{}.with()}
	return f, f.save()
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
// Vault.Rewrap wraps everything anew.
func (f *FileRoot) Rotate() error {
	next := &FileRoot{f.path, f.keys.with()}
	if err := next.save(); err != nil {
		return err
	}
	f.keys = next.keys
	return nil
}

// Derive returns 32 secret bytes for a purpose. They follow from the oldest key
// in the file, so they stay the same when the root key is rotated.
func (f *FileRoot) Derive(purpose string) ([]byte, error) {
	secret, err := hkdf.Key(sha256.New, f.keys.Keys[0].Data.Value, nil, purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("derive from the root key: %w", err)
	}
	return secret, nil
}

// save writes the file in full or not at all, and returns once it is on the
// disk.
func (f *FileRoot) save() error {
	text, err := json.Marshal(f.keys)
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
