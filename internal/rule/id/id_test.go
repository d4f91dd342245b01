package id

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"
)

func TestNewNeverRunsBackwards(t *testing.T) {
	at := time.UnixMilli(1_800_000_000_000)
	clock := []time.Time{at, at, at.Add(-time.Hour), at.Add(time.Second), at}
	n := 0
	s := NewSource(func() time.Time { n++; return clock[n-1] }, rand.Reader)
	var before ID
	for range clock {
		next := s.New()
		if bytes.Compare(next[:], before[:]) <= 0 {
			t.Fatalf("%s does not come after %s", next, before)
		}
		if next[6]>>4 != 7 || next[8]>>6 != 2 {
			t.Fatalf("%s is not a UUIDv7", next)
		}
		before = next
	}
}

func TestTimeIsTheMomentOfMaking(t *testing.T) {
	at := time.UnixMilli(1_800_000_000_123).UTC()
	s := NewSource(func() time.Time { return at }, rand.Reader)
	if got := s.New().Time(); !got.Equal(at) {
		t.Fatalf("made at %s, read %s", at, got)
	}
}

func TestTextAndStoredForms(t *testing.T) {
	made := System().New()
	read, err := Parse[ID](made.String())
	if err != nil || read != made {
		t.Fatalf("read %s, %v; want %s", read, err, made)
	}
	value, err := made.Value()
	if err != nil {
		t.Fatal(err)
	}
	var scanned ID
	if err := scanned.Scan(value); err != nil || scanned != made {
		t.Fatalf("scanned %s, %v; want %s", scanned, err, made)
	}
}

func TestMalformed(t *testing.T) {
	for _, s := range []string{"", "x", "0198c0de00007000800000000000000000000", "0198c0de-0000-7000-8000-00000000000g", "00000000-0000-0000-0000-000000000000"} {
		if _, err := Parse[ID](s); err == nil {
			t.Errorf("%q was read as an identifier", s)
		}
	}
	var i ID
	for _, v := range []any{int64(1), []byte{1, 2}} {
		if err := i.Scan(v); err == nil {
			t.Errorf("%v was scanned as an identifier", v)
		}
	}
}

func TestAtBoundsWhatIsMadeSince(t *testing.T) {
	now := time.UnixMilli(1_795_000_000_123)
	made := NewSource(func() time.Time { return now }, rand.Reader).New()
	if at := At[ID](now); bytes.Compare(at[:], made[:]) > 0 || !at.Time().Equal(now) {
		t.Errorf("%s is not at or before %s", at, made)
	}
	if later := At[ID](now.Add(time.Millisecond)); bytes.Compare(later[:], made[:]) <= 0 {
		t.Errorf("%s is not after %s", later, made)
	}
}
