// Package seal puts the signed checkpoints of the evidence logs where the
// database is not: into a folder, an object store, and before an authority that
// stamps them with the time (RFC 3161). Who can write the database can put an
// older copy of it in place, logs and all; only what lies elsewhere tells.
package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Shelf is where files lie. A file is there in full or not at all.
type Shelf interface {
	Put(ctx context.Context, name string, write func(io.Writer) error) error
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	List(ctx context.Context, prefix string) ([]string, error)
}

// The places.
const (
	Folder = "folder"
	Store  = "s3"
	Stamp  = "timestamp"
)

// Place is a shelf of a kind.
type Place struct {
	Name  string
	Shelf Shelf
}

// Seals keeps the checkpoints of all organisations in all places.
type Seals struct {
	DB     *store.DB
	Of     *evidence.Log
	Now    func() time.Time
	Log    *slog.Logger
	Places []Place
	Stamps *Authority // nil: none is asked
}

// Has reports whether a place is configured.
func (s *Seals) Has(place string) bool {
	return place == Stamp && s.Stamps != nil || slices.ContainsFunc(s.Places, func(p Place) bool { return p.Name == place })
}

// Every is how often it is looked whether there is a new checkpoint: one is made
// each day.
const Every = time.Hour

// largest is how large a seal is at most, in bytes.
const largest = 64 << 10

// KeepAll puts the newest checkpoint of each organisation into each place. One
// that takes nothing keeps no other from it.
func (s *Seals) KeepAll(ctx context.Context, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, s.DB)
	if err != nil {
		return err
	}
	var errs []error
	for _, org := range all {
		errs = append(errs, s.keep(ctx, org))
	}
	return errors.Join(errs...)
}

func (s *Seals) keep(ctx context.Context, org id.Org) error {
	signed, size, err := s.Of.Newest(ctx, s.DB, org)
	if err != nil || signed == "" {
		return err
	}
	states, err := States(ctx, s.DB, org)
	if err != nil {
		return err
	}
	for _, p := range s.Places {
		if err := s.put(ctx, org, p.Name, states[p.Name], size, func() error { return once(ctx, p.Shelf, name(org, size, sealed), []byte(signed)) }); err != nil {
			return err
		}
	}
	if s.Stamps == nil {
		return nil
	}
	return s.put(ctx, org, Stamp, states[Stamp], size, func() error { return s.stamp(ctx, org, size, signed) })
}

// put puts a checkpoint somewhere, unless it is there, and notes how that went.
func (s *Seals) put(ctx context.Context, org id.Org, place string, was State, size int64, to func() error) error {
	if was.Size == size && was.Failing.IsZero() && !was.At.IsZero() {
		return nil
	}
	now := State{Size: size, At: s.Now()}
	if err := to(); err != nil {
		s.Log.Warn("a seal of the evidence log could not be put away; it is tried again", "organisation", org, "place", place, "error", err)
		now = was
		if now.Failing.IsZero() {
			now.Failing = s.Now()
		}
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return save(ctx, tx, org, place, now) })
}

// stamp has the authority stamp a checkpoint, and puts the stamp beside it in all
// places.
func (s *Seals) stamp(ctx context.Context, org id.Org, size int64, signed string) error {
	token, err := s.Stamps.Stamp(ctx, []byte(signed))
	if err != nil {
		return err
	}
	for _, p := range s.Places {
		if err := once(ctx, p.Shelf, name(org, size, stamped), token); err != nil {
			return err
		}
	}
	return nil
}

// The endings of files.
const (
	sealed  = ".txt" // a signed checkpoint
	stamped = ".tsr" // the stamp on it
)

func folder(org id.Org) string { return "evidence/" + org.String() + "/" }

// name is that of a file; names are in the order of the sizes.
func name(org id.Org, size int64, ending string) string {
	return fmt.Sprintf("%s%020d%s", folder(org), size, ending)
}

// once writes a file that is not there: what lies in a place is never replaced.
func once(ctx context.Context, on Shelf, name string, text []byte) error {
	at := name[:strings.LastIndex(name, "/")+1]
	there, err := on.List(ctx, at)
	if err != nil || slices.Contains(there, name) {
		return err
	}
	return on.Put(ctx, name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// Kept is what lies in the places of one organisation.
type Kept struct {
	Seals   []string       // the signed checkpoints, each once
	Each    map[string]int // how many lie in each place
	Stamped []Stamped      // on the newest seals that have a stamp
	Lost    []string       // places that cannot be read now
	Invalid int            // stamps that prove nothing
}

// most is how many seals of a place are compared, the newest, and how many stamps
// are read.
const (
	most   = 1000
	stamps = 3
)

// Read reads what lies in all places. A place that cannot be read is named, and
// keeps nobody from the others.
func (s *Seals) Read(ctx context.Context, org id.Org) Kept {
	k := Kept{Each: map[string]int{}}
	for _, p := range s.Places {
		if err := s.readPlace(ctx, org, p, &k); err != nil {
			s.Log.Warn("the seals of the evidence log cannot be read in a place", "organisation", org, "place", p.Name, "error", err)
			k.Lost = append(k.Lost, p.Name)
		}
	}
	slices.Sort(k.Seals)
	k.Seals = slices.Compact(k.Seals)
	return k
}

func (s *Seals) readPlace(ctx context.Context, org id.Org, p Place, k *Kept) error {
	names, err := p.Shelf.List(ctx, folder(org))
	if err != nil {
		return err
	}
	slices.Sort(names)
	seals := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasSuffix(n, sealed) })
	left := stamps
	for i, n := range slices.Backward(seals[max(0, len(seals)-most):]) {
		text, err := read(ctx, p.Shelf, n)
		if err != nil {
			return err
		}
		k.Seals = append(k.Seals, string(text))
		if i == 0 {
			k.Each[p.Name] = len(seals)
		}
		stamp := strings.TrimSuffix(n, sealed) + stamped
		if s.Stamps == nil || left == 0 || !slices.Contains(names, stamp) {
			continue
		}
		left--
		token, err := read(ctx, p.Shelf, stamp)
		if err != nil {
			return err
		}
		if at, err := s.Stamps.Read(token, text); err == nil {
			k.Stamped = append(k.Stamped, at)
		} else {
			k.Invalid++
		}
	}
	return nil
}

func read(ctx context.Context, on Shelf, name string) (text []byte, err error) {
	file, err := on.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err = io.ReadAll(io.LimitReader(file, largest+1))
	if err == nil && len(text) > largest {
		err = fmt.Errorf("%s is no seal: it is larger than %d bytes", name, largest)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), err
}
