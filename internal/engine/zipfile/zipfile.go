// Package zipfile opens zip archives that came from outside. An archive can be
// built to do harm: to unpack to a thousand times its size (a bomb), to list
// millions of files, to name files outside of the folder they belong into. All
// that is refused, before anything grows. Nothing is ever unpacked to a disk.
package zipfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"einklang/internal/rule/pii"
)

// The errors that a caller branches on.
var (
	ErrBroken    = errors.New("the archive is damaged")
	ErrBomb      = errors.New("the archive unpacks to far more than it is")
	ErrTooMany   = errors.New("the archive holds too many files")
	ErrName      = errors.New("the archive names a file outside of itself")
	ErrEncrypted = errors.New("the archive is protected with a password")
	ErrMissing   = errors.New("the archive does not hold this file")
)

// Limits are how much an archive may hold.
type Limits struct {
	Files int   // number of files
	Total int64 // bytes of all files that are read, unpacked
	Ratio int64 // unpacked to packed; text packs to about a tenth, at most a thousandth
}

// small is how much may be unpacked from any file, whatever the ratio: a small
// file of zeros harms nobody.
const small = 1 << 20

// Archive is an opened archive.
type Archive struct {
	pii.Personal
	limits Limits
	files  map[string]*zip.File
	names  []string
	read   int64
}

// Open reads the list of files.
func Open(r io.ReaderAt, size int64, l Limits) (*Archive, error) {
	if err := countFiles(r, size, l.Files); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, errors.Join(ErrBroken, err)
	}
	if len(z.File) > l.Files {
		return nil, ErrTooMany
	}
	a := &Archive{limits: l, files: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		switch {
		case !safe(f.Name):
			return nil, ErrName
		case f.Flags&1 != 0:
			return nil, ErrEncrypted
		case strings.HasSuffix(f.Name, "/"):
			continue
		case a.files[f.Name] != nil:
			return nil, ErrBroken // two files of one name: programs disagree on which counts
		}
		a.files[f.Name] = f
		a.names = append(a.names, f.Name)
	}
	return a, nil
}

// safe reports whether a name stays within the archive.
func safe(name string) bool {
	if name == "" || name[0] == '/' || strings.ContainsAny(name, "\\\x00") || len(name) > 1 && name[1] == ':' {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return false
		}
	}
	return true
}

// countFiles reads the number of files from the end of the archive, before the
// list itself is taken into memory (PKWARE APPNOTE 4.3.16).
func countFiles(r io.ReaderAt, size int64, most int) error {
	tail := make([]byte, min(size, 22+65535))
	if n, err := r.ReadAt(tail, size-int64(len(tail))); n < len(tail) && err != nil {
		return errors.Join(ErrBroken, err)
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < 22 {
		return ErrBroken
	}
	files := int64(binary.LittleEndian.Uint16(tail[at+10:]))
	list := int64(binary.LittleEndian.Uint32(tail[at+12:]))
	if files == 0xffff || list == 0xffffffff {
		return ErrTooMany // ZIP64: more than any honest file of ours
	}
	if files > int64(most) || list > int64(most)*1024 {
		return ErrTooMany
	}
	return nil
}

// Names are the files in the order of the archive.
func (a *Archive) Names() []string { return a.names }

// Size is what a file says that it unpacks to; -1 if there is none of that
// name.
func (a *Archive) Size(name string) int64 {
	f := a.files[name]
	if f == nil {
		return -1
	}
	return int64(min(f.UncompressedSize64, 1<<62)) //nolint:gosec // bounded
}

// Open begins to read a file. What it really unpacks to is counted, whatever
// it says.
func (a *Archive) Open(name string) (io.ReadCloser, error) {
	f := a.files[name]
	if f == nil {
		return nil, ErrMissing
	}
	r, err := f.Open()
	if err != nil {
		return nil, errors.Join(ErrBroken, err)
	}
	packed := int64(min(f.CompressedSize64, 1<<40)) //nolint:gosec // bounded
	return &counted{ReadCloser: r, archive: a, most: max(small, packed*a.limits.Ratio)}, nil
}

type counted struct {
	pii.Personal
	io.ReadCloser
	archive *Archive
	most    int64
	read    int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.read += int64(n)
	c.archive.read += int64(n)
	if c.read > c.most || c.archive.read > c.archive.limits.Total {
		return 0, ErrBomb
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = errors.Join(ErrBroken, err)
	}
	return n, err
}
