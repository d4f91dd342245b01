// Package id makes and reads the identifiers of everything Einklang stores.
//
// Every identifier is a UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds,
// then a counter that never runs backwards inside one Source, then randomness.
// So identifiers made by one node sort in the order in which they were made,
// which lets a list page by identifier alone.
package id

import (
	"bytes"
	"crypto/rand"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Of identifies one stored thing of a kind. The zero value means "none".
//
// The kind is a type that nobody else names, so that a person cannot be handed
// over where a conversation is wanted: that does not compile. The kinds there
// are stand in kinds.go.
type Of[Kind any] [16]byte

// Any is an identifier of whatever kind, for what takes one without asking
// what it names, such as the row to which a seal is bound. It is for
// parameters only: what is kept and given back has a kind, or is an [ID].
type Any = [16]byte

// Anys are identifiers of one kind as those of whatever kind.
func Anys[T Like](ids []T) []Any {
	all := make([]Any, len(ids))
	for i, one := range ids {
		all[i] = Any(one)
	}
	return all
}

// Like is what is like an identifier, for functions that give back what they
// were given.
type Like interface{ ~[16]byte }

// ErrMalformed is returned for a text that is not a UUID.
var ErrMalformed = errors.New("not an identifier: want a UUID such as 0198c0de-0000-7000-8000-000000000000")

// IsZero reports whether the identifier names nothing.
func (i Of[Kind]) IsZero() bool { return i == Of[Kind]{} }

// String writes the canonical 36-character form.
func (i Of[Kind]) String() string {
	var b [36]byte
	hex.Encode(b[0:8], i[0:4])
	hex.Encode(b[9:13], i[4:6])
	hex.Encode(b[14:18], i[6:8])
	hex.Encode(b[19:23], i[8:10])
	hex.Encode(b[24:36], i[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// Time is the moment at which the identifier was made, to the millisecond.
func (i Of[Kind]) Time() time.Time {
	ms := int64(i[0])<<40 | int64(i[1])<<32 | int64(i[2])<<24 | int64(i[3])<<16 | int64(i[4])<<8 | int64(i[5])
	return time.UnixMilli(ms).UTC()
}

// Compare orders identifiers by when they were made.
func Compare[T Like](a, b T) int {
	x, y := [16]byte(a), [16]byte(b)
	return bytes.Compare(x[:], y[:])
}

// Distinct are some identifiers in order, each once.
func Distinct[T Like](ids []T) []T {
	return slices.Compact(slices.SortedFunc(slices.Values(ids), Compare[T]))
}

// At is the smallest identifier that could be made at a moment: what was made
// since then is not smaller.
func At[T Like](t time.Time) T {
	ms := uint64(max(t.UnixMilli(), 0)) //nolint:gosec // not negative
	return T{byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms)}
}

// Parse reads the canonical form. What consists of zeros is malformed: nobody
// names nothing by writing it out.
func Parse[T Like](s string) (T, error) {
	var i [16]byte
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return T{}, ErrMalformed
	}
	flat := s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:36]
	if _, err := hex.Decode(i[:], []byte(flat)); err != nil || i == [16]byte{} {
		return T{}, ErrMalformed
	}
	return T(i), nil
}

// Optional reads the canonical form where there may be none: an empty text is
// zero. What cannot be read is never zero, but an error: [ErrMalformed].
func Optional[T Like](s string) (T, error) {
	if s == "" {
		return T{}, nil
	}
	return Parse[T](s)
}

// MarshalText writes the canonical form; zero is empty.
func (i Of[Kind]) MarshalText() ([]byte, error) {
	if i.IsZero() {
		return nil, nil
	}
	return []byte(i.String()), nil
}

// UnmarshalText reads the canonical form; empty is zero.
func (i *Of[Kind]) UnmarshalText(b []byte) error {
	v, err := Optional[Of[Kind]](string(b))
	if err != nil {
		return err
	}
	*i = v
	return nil
}

// Value stores the 16 bytes; zero is NULL.
func (i Of[Kind]) Value() (driver.Value, error) {
	if i.IsZero() {
		return nil, nil
	}
	return i[:], nil
}

// Scan reads the 16 bytes; NULL is zero.
func (i *Of[Kind]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i = Of[Kind]{}
		return nil
	case []byte:
		if len(v) == len(i) {
			copy(i[:], v)
			return nil
		}
		return fmt.Errorf("an identifier has 16 bytes, not %d", len(v))
	default:
		return fmt.Errorf("an identifier is stored as bytes, not as %T", src)
	}
}

// Source makes identifiers that never run backwards.
type Source struct {
	now  func() time.Time
	rand io.Reader

	mu   sync.Mutex
	last uint64 // milliseconds<<12 | counter
}

// NewSource makes a Source over a clock and a source of randomness.
func NewSource(now func() time.Time, random io.Reader) *Source {
	return &Source{now: now, rand: random}
}

// System is a Source over the machine's clock and randomness.
func System() *Source { return NewSource(time.Now, rand.Reader) }

// New makes the next identifier, of no kind yet: id.Person(s.New()). It fails only if the source of randomness
// does, and then the process must not go on: the error is a panic, as in
// crypto/rand.
func (s *Source) New() ID {
	var i ID
	if _, err := io.ReadFull(s.rand, i[8:]); err != nil {
		panic("no randomness: " + err.Error())
	}
	s.mu.Lock()
	next := uint64(s.now().UnixMilli()) << 12 //nolint:gosec // the clock is after 1970
	if next <= s.last {
		next = s.last + 1
	}
	s.last = next
	s.mu.Unlock()

	ms := next >> 12
	i[0], i[1], i[2] = byte(ms>>40), byte(ms>>32), byte(ms>>24)
	i[3], i[4], i[5] = byte(ms>>16), byte(ms>>8), byte(ms)
	i[6] = 0x70 | byte(next>>8)&0x0f
	i[7] = byte(next)
	i[8] = i[8]&0x3f | 0x80
	return i
}
