// Package blob keeps files that staff bring in and that are needed for a short
// time only: a list of people to import, an exported chat.
//
// A file lies in the database in sealed chunks, never in clear on a disk, so
// every node can read it. It is sealed under a key ring of its own, which is
// destroyed when the file is deleted: then it is unreadable in every backup
// too.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such file, or it has been deleted")
	ErrTooLarge = errors.New("the file is too large")
	ErrEmpty    = errors.New("the file is empty")
)

const (
	chunkSize    = 256 << 10
	chunkContext = "blob.chunk"
	nameContext  = "blob.name"
)

// Box keeps files.
type Box struct {
	db    *store.DB
	vault *vault.Vault
	now   func() time.Time
}

// New makes a Box.
func New(db *store.DB, v *vault.Vault, now func() time.Time) *Box {
	return &Box{db: db, vault: v, now: now}
}

// Put stores a file of at most most bytes. What was stored of a file that is
// too large, or whose sender went away, is deleted.
func (b *Box) Put(ctx context.Context, org id.Org, file id.Any, name string, r io.Reader, most int64) (*File, error) {
	f := &File{Org: org, ID: id.File(file), Name: name, box: b}
	err := b.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		keys, err := b.vault.Org(ctx, tx, org)
		if err != nil {
			return err
		}
		rings, err := keys.NewKeyrings(ctx, tx, file)
		if err != nil {
			return err
		}
		f.keys = rings[0]
		_, err = tx.Exec(ctx, "INSERT INTO blob (org_id, id, size, chunks, name, created_at) VALUES (?, ?, 0, -1, ?, ?)",
			org, f.ID, f.keys.Seal(nameContext, file, []byte(name)), store.Micros(b.now()))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("begin to store a file: %w", err)
	}
	if err := b.fill(ctx, f, r, most); err != nil {
		return nil, errors.Join(err, b.deleteNow(context.WithoutCancel(ctx), org, file))
	}
	return f, nil
}

func (b *Box) fill(ctx context.Context, f *File, r io.Reader, most int64) error {
	chunk := make([]byte, chunkSize)
	for {
		n, err := io.ReadFull(r, chunk)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("receive a file: %w", err)
		}
		if f.Size += int64(n); f.Size > most {
			return ErrTooLarge
		}
		if n > 0 {
			if err := b.put(ctx, f, chunk[:n]); err != nil {
				return err
			}
		}
		if err != nil { // the end of the file
			break
		}
	}
	if f.Size == 0 {
		return ErrEmpty
	}
	return b.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE blob SET size = ?, chunks = ? WHERE org_id = ? AND id = ?", f.Size, f.chunks, f.Org, f.ID)
		return err
	})
}

func (b *Box) put(ctx context.Context, f *File, plain []byte) error {
	n := f.chunks
	sealed := f.keys.Seal(chunkContext, vault.ChunkRow(f.ID, int(n), false), plain)
	f.chunks++
	return b.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO blob_chunk (org_id, blob_id, n, sealed) VALUES (?, ?, ?, ?)", f.Org, f.ID, n, sealed)
		return err
	})
}

// Open finds a file that is stored in full.
func (b *Box) Open(ctx context.Context, org id.Org, file id.Any) (*File, error) {
	f := &File{Org: org, ID: id.File(file), box: b}
	var name []byte
	err := b.db.QueryRow(ctx, "SELECT size, chunks, name FROM blob WHERE org_id = ? AND id = ? AND chunks >= 0", org, f.ID).Scan(&f.Size, &f.chunks, &name)
	if errors.Is(err, store.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("find a file: %w", err)
	}
	keys, err := b.vault.Org(ctx, b.db, org)
	if err != nil {
		return nil, err
	}
	f.keys, err = keys.Keyring(ctx, b.db, file)
	if errors.Is(err, vault.ErrDestroyed) { // deleted just now
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open a file: %w", err)
	}
	plain, err := f.keys.Open(nameContext, file, name)
	f.Name = string(plain)
	return f, err
}

// Delete deletes a file and destroys its keys. What is not there is no error.
func (b *Box) Delete(ctx context.Context, tx store.Tx, org id.Org, file id.Any) error {
	keys, err := b.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	if _, err := keys.Destroy(ctx, tx, file); err != nil {
		return err
	}
	for _, sql := range []string{"DELETE FROM blob_chunk WHERE org_id = ? AND blob_id = ?", "DELETE FROM blob WHERE org_id = ? AND id = ?"} {
		if _, err := tx.Exec(ctx, sql, org, id.ID(file)); err != nil {
			return fmt.Errorf("delete a file: %w", err)
		}
	}
	return nil
}

func (b *Box) deleteNow(ctx context.Context, org id.Org, file id.Any) error {
	return b.db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return b.Delete(ctx, tx, org, file) })
}

// Life is how long a file waits for somebody to go on with it.
const Life = 7 * 24 * time.Hour

// Expire deletes files that have waited long enough.
func (b *Box) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	return b.ExpireOlder(ctx, tx, org, now.Add(-Life))
}

// ExpireOlder deletes the files of an organisation that came before a time: uploads
// that nobody went on with, and those that broke off.
func (b *Box) ExpireOlder(ctx context.Context, tx store.Tx, org id.Org, before time.Time) error {
	old, err := store.Collect(ctx, tx, store.One[id.ID], "SELECT id FROM blob WHERE org_id = ? AND created_at < ?", org, store.Micros(before))
	if err != nil {
		return err
	}
	for _, f := range old {
		if err := b.Delete(ctx, tx, org, f); err != nil {
			return err
		}
	}
	return nil
}
