package blob

import (
	"context"
	"errors"
	"fmt"
	"io"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// File is a stored file.
type File struct {
	pii.Personal
	Org  id.Org
	ID   id.File
	Name string // as its sender named it
	Size int64

	chunks int64
	keys   *vault.Keyring
	box    *Box
}

// Keys is the key ring of the file, for what is to vanish together with it.
func (f *File) Keys() *vault.Keyring { return f.keys }

// Reader reads a file in clear, in order or from any place, holding a few
// chunks in memory. It is for one goroutine.
func (f *File) Reader(ctx context.Context) *Reader {
	return &Reader{ctx: ctx, file: f}
}

// Reader is an io.Reader and an io.ReaderAt.
type Reader struct {
	pii.Personal
	ctx   context.Context //nolint:containedctx // io.Reader has no other way to carry it
	file  *File
	at    int64
	cache [cached]cachedChunk // the newest first
}

// cached chunks: a zip archive is read at its end and in the middle by turns.
const cached = 3

type cachedChunk struct {
	pii.Personal
	n     int64
	clear []byte
}

// Read reads on from where the last Read ended.
func (r *Reader) Read(b []byte) (int, error) {
	n, err := r.ReadAt(b, r.at)
	r.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt reads from a place.
func (r *Reader) ReadAt(b []byte, at int64) (int, error) {
	if at < 0 {
		return 0, fmt.Errorf("read a file at %d", at)
	}
	read := 0
	for read < len(b) {
		if at >= r.file.Size {
			return read, io.EOF
		}
		plain, err := r.chunk(at / chunkSize)
		if err != nil {
			return read, err
		}
		n := copy(b[read:], plain[min(at%chunkSize, int64(len(plain))):])
		if n == 0 {
			return read, io.ErrUnexpectedEOF
		}
		read += n
		at += int64(n)
	}
	return read, nil
}

func (r *Reader) chunk(n int64) ([]byte, error) {
	for i, c := range r.cache {
		if c.n == n && c.clear != nil {
			copy(r.cache[1:i+1], r.cache[:i])
			r.cache[0] = c
			return c.clear, nil
		}
	}
	f := r.file
	var sealed []byte
	err := f.box.db.QueryRow(r.ctx, "SELECT sealed FROM blob_chunk WHERE org_id = ? AND blob_id = ? AND n = ?", f.Org, f.ID, n).Scan(&sealed)
	if errors.Is(err, store.ErrNoRows) { // deleted while it was read
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read a file: %w", err)
	}
	plain, err := f.keys.Open(chunkContext, vault.ChunkRow(f.ID, int(n), false), sealed)
	if err != nil {
		return nil, fmt.Errorf("open a file: %w", err)
	}
	copy(r.cache[1:], r.cache[:cached-1])
	r.cache[0] = cachedChunk{n: n, clear: plain}
	return plain, nil
}
