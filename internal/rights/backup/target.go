package backup

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/folder"
	"einklang/internal/engine/s3"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
)

// Target is where backups lie. A file is there in full or not at all.
type Target interface {
	Put(ctx context.Context, name string, write func(io.Writer) error) error
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	List(ctx context.Context, prefix string) ([]string, error)
	Delete(ctx context.Context, name string) error
}

// Folder is a folder of this machine, best on another disk.
type Folder string

// Put writes a file beside its place, waits until it is on the disk, and moves
// it there.
func (f Folder) Put(_ context.Context, name string, write func(io.Writer) error) (err error) {
	path := f.path(name)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the folder for backups cannot be made: %w", err)
	}
	file, err := os.CreateTemp(dir, unfinished+"*")
	if err != nil {
		return fmt.Errorf("the folder for backups cannot be written: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	return folder.Put(file, path, write)
}

func (f Folder) path(name string) string { return filepath.Join(string(f), filepath.FromSlash(name)) }

// Open reads a file.
func (f Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, fmt.Errorf("the backup cannot be read: %w", err)
	}
	return file, nil
}

// List names the files whose name begins with a folder.
func (f Folder) List(_ context.Context, prefix string) ([]string, error) {
	entries, err := os.ReadDir(f.path(prefix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the folder for backups cannot be read: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, prefix+e.Name())
		}
	}
	return names, nil
}

// Delete removes a file; one that is not there is removed already.
func (f Folder) Delete(_ context.Context, name string) error {
	err := os.Remove(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// unfinished begins the name of a file that is being written.
const unfinished = ".new-"

// sweep deletes from a folder what a process left that was killed while it
// wrote. Nothing else would, and keys are among it. What is younger than a
// given time may still be written by somebody.
func (f Folder) sweep(ctx context.Context, folder string, before time.Time) error {
	entries, err := os.ReadDir(f.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the folder for backups cannot be read: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), unfinished) {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // finished meanwhile
		}
		if err != nil {
			return err
		}
		if info.ModTime().Before(before) {
			if err := f.Delete(ctx, folder+e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// S3 says how to reach an object store.
type S3 struct {
	Endpoint  string // host or host:port
	Plain     bool   // without TLS, for a store on this machine
	Bucket    string
	Prefix    string
	Region    string
	AccessKey string
	SecretKey string
	Recipient string // company that runs it, for the transfer register
	Country   string // where it lies, ISO 3166-1 alpha-2
	Mechanism place.Mechanism
}

// Destination is the object store's name at the gate of package egress.
const Destination = "backup"

// Check refuses a store outside the EEA that no footing covers (S23).
func (s S3) Check() error {
	if s.Endpoint == "" || s.Bucket == "" || s.Recipient == "" {
		return errors.New("the object store for backups needs endpoint, bucket and recipient (the company that runs it)")
	}
	if s.Mechanism == "" {
		s.Mechanism = place.NotNeeded
	}
	if !place.Lawful(s.Country, s.Mechanism) {
		return fmt.Errorf("the object store for backups is declared to lie in %q, where backups may not go on the footing %q: name a country of the EU or EEA, or a footing that holds there", s.Country, s.Mechanism)
	}
	return nil
}

func (s S3) scheme() string {
	if s.Plain {
		return "http"
	}
	return "https"
}

// Outside is the object store as the gate lets it be reached, by the name of what
// it is for, and what lies there.
func (s S3) Outside(name, holds string) egress.Destination {
	return egress.Destination{Name: name, Allow: []string{s.scheme() + "://" + s.Endpoint}, Recipient: s.Recipient, Country: s.Country,
		Mechanism: string(s.Mechanism), DataCategories: []string{holds}}
}

// bucket is an object store as a Target.
type bucket struct {
	*s3.Bucket
	prefix string
}

// Target opens an object store through a client of package egress.
func (s S3) Target(outside *http.Client) (Target, error) {
	b, err := s3.New(s3.Options{Client: outside, Endpoint: s.scheme() + "://" + s.Endpoint, Bucket: s.Bucket, Region: s.Region, AccessKey: s.AccessKey, SecretKey: s.SecretKey})
	if err != nil {
		return nil, fmt.Errorf("the object store for backups cannot be used: %w", err)
	}
	return &bucket{b, strings.TrimPrefix(s.Prefix, "/")}, nil
}

func (b *bucket) Put(ctx context.Context, name string, write func(io.Writer) error) error {
	reader, writer := io.Pipe()
	wrote := make(chan error, 1)
	go func() {
		err := write(writer)
		_ = writer.CloseWithError(err)
		wrote <- err
	}()
	err := b.Bucket.Put(ctx, b.prefix+name, reader)
	_ = reader.CloseWithError(err)
	if err := errors.Join(<-wrote, err); err != nil {
		return fmt.Errorf("the object store for backups cannot be written: %w", err)
	}
	return nil
}

func (b *bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	file, err := b.Get(ctx, b.prefix+name)
	if err != nil {
		return nil, fmt.Errorf("the backup cannot be read: %w", err)
	}
	return file, nil
}

func (b *bucket) List(ctx context.Context, prefix string) ([]string, error) {
	names, err := b.Bucket.List(ctx, b.prefix+prefix)
	if err != nil {
		return nil, fmt.Errorf("the object store for backups cannot be read: %w", err)
	}
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, b.prefix)
	}
	return names, nil
}

func (b *bucket) Delete(ctx context.Context, name string) error {
	return b.Bucket.Delete(ctx, b.prefix+name)
}

// Marker says that a person was erased. It holds bare ids, nothing personal.
type Marker struct {
	Org     id.Org
	Contact id.Person
	At      time.Time
}

func (m Marker) name() string {
	return erasedFolder + m.At.UTC().Format(nameFormat) + "_" + m.Org.String() + "_" + m.Contact.String()
}

// Mark puts a marker beside the backups, signed, so that nobody else can have
// people erased by a restore.
func Mark(ctx context.Context, to Target, by Signer, m Marker) error {
	return to.Put(ctx, m.name(), func(w io.Writer) error {
		_, err := io.WriteString(w, "erased\n"+base64.StdEncoding.EncodeToString(by.sign(forMarker, []byte(m.name())))+"\n")
		return err
	})
}

// Markers lists the markers, whoever put them there.
func Markers(ctx context.Context, to Target) ([]Marker, error) {
	names, err := to.List(ctx, erasedFolder)
	if err != nil {
		return nil, err
	}
	return markers(names), nil
}

// markers reads the names of markers. What is none is not ours and left out: it
// would not be signed either, and must not keep a restore from going on.
func markers(names []string) (all []Marker) {
	for _, name := range names {
		parts := strings.Split(strings.TrimPrefix(name, erasedFolder), "_")
		if len(parts) != 3 {
			continue
		}
		at, err1 := time.Parse(nameFormat, parts[0])
		org, err2 := id.Parse[id.Org](parts[1])
		contact, err3 := id.Parse[id.Person](parts[2])
		if errors.Join(err1, err2, err3) == nil {
			all = append(all, Marker{org, contact, at})
		}
	}
	return all
}

// Names lists the backups that have both files or the data file alone, the
// newest first.
func Names(ctx context.Context, to Target) ([]string, error) {
	names, err := to.List(ctx, dataFolder)
	if err != nil {
		return nil, err
	}
	for i, n := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(n, dataFolder), suffix)
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names, nil
}
