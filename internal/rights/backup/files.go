package backup

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"einklang/internal/engine/store"
	"einklang/internal/messaging/media"
	"einklang/internal/rule/id"
)

// Files that people sent are most of an installation, and never change once
// they are here. So their chunks are written once, into segments, and later
// backups name the segments that they need:
//
//	files/NAME.age    the chunks of the files that no segment held before
//	files/NAME.index  which files these are: bare ids, 32 bytes each, signed
//	files/NAME.list   the segments that the backup NAME needs, one in a line
//
// Index and list are readable without an identity, which the server does not
// have. A segment also holds files that are gone since; a restore takes from it
// only what the data of the backup knows. A segment whose index this
// installation has not signed is used by none of its backups.
const filesFolder = "files/"

const (
	indexSuffix = ".index"
	listSuffix  = ".list"
	chunkTable  = media.Chunks
	listHead    = "# the files of this backup lie in"
)

// segmentsMost bounds the segments that a restore has to read. With more of
// them a backup writes all files anew into one.
const segmentsMost = 200

// fileID names a file: organisation and id.
type fileID [32]byte

func newFileID(org id.Org, file id.File) (f fileID) {
	copy(f[:16], org[:])
	copy(f[16:], file[:])
	return f
}

func (f fileID) place() media.Place {
	return media.Place{Org: id.Org(f[:16]), File: id.File(f[16:])}
}

// heldFiles lists the files that are here, and how many chunks they have. What
// is still on its way is fetched again after a restore.
func heldFiles(ctx context.Context, r store.Reader) (all []fileID, chunks int64, err error) {
	held, chunks, err := media.Held(ctx, r)
	for _, f := range held {
		all = append(all, newFileID(f.Org, f.File))
	}
	return all, chunks, err
}

// segments reads which file lies in which segment of a place.
func segments(ctx context.Context, to Target, by Signer) (map[fileID]string, error) {
	names, err := to.List(ctx, filesFolder)
	if err != nil {
		return nil, err
	}
	in := map[fileID]string{}
	for _, name := range names {
		segment, is := strings.CutSuffix(name, indexSuffix)
		if !is || !slices.Contains(names, segment+suffix) {
			continue
		}
		files, err := readIndex(ctx, to, name, by)
		if err != nil {
			return nil, fmt.Errorf("read which files %s holds: %w", segment, err)
		}
		for _, f := range files {
			in[f] = segment + suffix
		}
	}
	return in, nil
}

// readIndex reads which files a segment holds; none if the index is not signed
// by this installation.
func readIndex(ctx context.Context, to Target, name string, by Signer) (all []fileID, err error) {
	file, err := to.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	ids := len(text) - ed25519.SignatureSize
	if ids < 0 || ids%len(fileID{}) != 0 || !signed(by.public(), forIndex, append([]byte(name), text[:ids]...), text[ids:]) {
		return nil, nil
	}
	for f := range slices.Chunk(text[:ids], len(fileID{})) {
		all = append(all, fileID(f))
	}
	return all, nil
}

func putIndex(ctx context.Context, to Target, name string, by Signer, files []fileID) error {
	return to.Put(ctx, name, func(w io.Writer) error {
		text := []byte(name)
		for _, f := range files {
			text = append(text, f[:]...)
		}
		_, err := w.Write(append(text, by.sign(forIndex, text)...)[len(name):])
		return err
	})
}

// files puts the files that no segment holds into a new one, and the list of
// the segments that this backup needs beside it.
func (t *Taken) files(ctx context.Context, r store.Reader, to Target, recipients []age.Recipient, by Signer, h Head) error {
	held, chunks, err := heldFiles(ctx, r)
	if err != nil {
		return err
	}
	in, err := segments(ctx, to, by)
	if err != nil {
		return err
	}
	fresh, needed := missing(held, in)
	if len(needed) > segmentsMost {
		fresh, needed = held, nil
	}
	if len(fresh) > 0 {
		name := filesFolder + t.Name
		if err := putSegment(ctx, r, to, name+suffix, recipients, by, h, fresh); err != nil {
			return err
		}
		// The index comes last: a segment without one is used by nobody.
		if err := putIndex(ctx, to, name+indexSuffix, by, fresh); err != nil {
			return err
		}
		needed = append(needed, name+suffix)
	}
	t.Files, t.NewFiles, t.chunks = int64(len(held)), int64(len(fresh)), chunks
	t.segments = needed
	return to.Put(ctx, filesFolder+t.Name+listSuffix, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(append([]string{listHead}, needed...), "\n")+"\n")
		return err
	})
}

// missing parts the files into those that no segment holds, and the segments
// that hold the others.
func missing(held []fileID, in map[fileID]string) (fresh []fileID, needed []string) {
	used := map[string]bool{}
	for _, f := range held {
		if segment, there := in[f]; there {
			used[segment] = true
		} else {
			fresh = append(fresh, f)
		}
	}
	return fresh, slices.Sorted(maps.Keys(used))
}

func putSegment(ctx context.Context, r store.Reader, to Target, name string, recipients []age.Recipient, by Signer, h Head, files []fileID) error {
	chunk := store.Table{Name: chunkTable, Columns: []store.Column{{Name: "org_id", Kind: store.Bytes}, {Name: "media_id", Kind: store.Bytes},
		{Name: "n", Kind: store.Int}, {Name: "sealed", Kind: store.Bytes}}}
	h.Part = "files"
	return seal(ctx, to, name, recipients, by, h, func(out *writer) error {
		if err := out.table(chunk); err != nil {
			return err
		}
		for _, f := range files {
			if err := dumpRows(ctx, r, out, chunk, " WHERE org_id = ? AND media_id = ? ORDER BY n", f[:16], f[16:]); err != nil {
				return fmt.Errorf("a file: %w", err)
			}
		}
		return nil
	})
}

// files loads the chunks of the files that the data knows.
func (l *Loaded) files(ctx context.Context, db *store.DB, from From, end End) error {
	held, _, err := heldFiles(ctx, db)
	if err != nil {
		return err
	}
	wanted := make(map[fileID]bool, len(held))
	for _, f := range held {
		wanted[f] = true
	}
	loaded, err := load(ctx, db, from, end.Segments, wanted)
	if err != nil {
		return err
	}
	if loaded != end.Chunks {
		return fmt.Errorf("%w (its segments hold %d parts of files instead of %d)", errDamaged, loaded, end.Chunks)
	}
	if end.Segments != nil {
		l.Rows[chunkTable] = loaded
	}
	return nil
}

// load loads the chunks of wanted files from segments.
func load(ctx context.Context, db *store.DB, from From, segments []string, wanted map[fileID]bool) (loaded int64, err error) {
	here, err := store.Tables(ctx, db, db.Engine())
	if err != nil {
		return 0, err
	}
	for _, segment := range segments {
		in := &loading{db: db}
		_, err := open(ctx, from, segment, reading{
			table: func(t store.Table) error {
				if t.Name != chunkTable || len(t.Columns) < 2 || t.Columns[0].Name != "org_id" || t.Columns[1].Name != "media_id" {
					return errDamaged
				}
				if err := known(here, t); err != nil {
					return err
				}
				return in.begin(ctx, t)
			},
			row: func(_ store.Table, values []any) error {
				org, ok1 := values[0].([]byte)
				file, ok2 := values[1].([]byte)
				if !ok1 || !ok2 || len(org) != 16 || len(file) != 16 {
					return errDamaged
				}
				if !wanted[newFileID(id.Org(org), id.File(file))] {
					return nil // gone before this backup
				}
				loaded++
				return in.add(ctx, values)
			},
		})
		if err == nil {
			err = in.flush(ctx)
		}
		if err != nil {
			return loaded, fmt.Errorf("restore %s: %w", segment, err)
		}
	}
	return loaded, nil
}

// expireFiles deletes the lists of backups that are gone, and the segments that
// no list names any more. What is young may belong to a backup that is being
// made.
func expireFiles(ctx context.Context, to Target, now time.Time) error {
	backups, err := namesOfAny(ctx, to)
	if err != nil {
		return err
	}
	names, err := to.List(ctx, filesFolder)
	if err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, name := range names {
		of, is := strings.CutSuffix(strings.TrimPrefix(name, filesFolder), listSuffix)
		if is && slices.Contains(backups, of) {
			if err := readList(ctx, to, name, needed); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		of, _, _ := strings.Cut(strings.TrimPrefix(name, filesFolder), ".")
		keep := needed[filesFolder+of+suffix]
		if strings.HasSuffix(name, listSuffix) {
			keep = slices.Contains(backups, of)
		}
		at, err := time.Parse(nameFormat, of)
		if keep || err != nil || now.Sub(at) < abandoned {
			continue
		}
		if err := to.Delete(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// namesOfAny lists backups with data or with keys alone.
func namesOfAny(ctx context.Context, to Target) (all []string, err error) {
	for _, folder := range []string{dataFolder, keyFolder} {
		names, err := to.List(ctx, folder)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(n, folder), suffix))
		}
	}
	return all, nil
}

func readList(ctx context.Context, to Target, name string, needed map[string]bool) error {
	file, err := to.Open(ctx, name)
	if err != nil {
		return err
	}
	in := bufio.NewScanner(file)
	for in.Scan() {
		needed[in.Text()] = true
	}
	return errors.Join(in.Err(), file.Close())
}
