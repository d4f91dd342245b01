package letterbox

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// seed is a root key for tests.
type seed string

func (s seed) Derive(purpose string) ([]byte, error) {
	sum := sha256.Sum256([]byte(string(s) + purpose))
	return sum[:], nil
}

func newKey(t testing.TB, of string) Key {
	t.Helper()
	key, err := KeyOf(seed(of))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 123000, time.UTC)

func TestOnlyTheHouseReadsALetterAndKnowsWhoMadeIt(t *testing.T) {
	key, other := newKey(t, "house"), newKey(t, "another house")
	letter := Letter{Kind: Webhook, From: "box", App: "main", Received: noon.UnixMicro(), Body: []byte(`{"object":"x"}`)}
	sealed, err := Seal(letter, "secret", key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, letter.Body) {
		t.Error("the letter can be read")
	}
	if _, err := other.Open(sealed); !errors.Is(err, ErrUnreadable) {
		t.Errorf("another house opens it: %v", err)
	}
	got, err := key.Open(sealed)
	if err != nil || !bytes.Equal(got.Body, letter.Body) || !got.At().Equal(noon) || got.App != "main" || got.From != "box" {
		t.Fatalf("%+v, %v", got, err)
	}
	if !got.By("secret") || got.By("guessed") || got.By("") {
		t.Error("who made it is not told right")
	}
	for name, change := range map[string]func(*Letter){
		"its time": func(l *Letter) { l.Received-- },
		"its body": func(l *Letter) { l.Body = []byte(`{"object":"y"}`) },
		"its kind": func(l *Letter) { l.Kind = Beat },
		"its app":  func(l *Letter) { l.App = "mainX" },
		"its box":  func(l *Letter) { l.From = "other" },
	} {
		forged := got
		change(&forged)
		if forged.By("secret") {
			t.Errorf("%s can be changed", name)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := key.Open(changed); !errors.Is(err, ErrUnreadable) {
			t.Fatalf("byte %d can be changed: %v", i, err)
		}
	}
}

func TestKeysAreWrittenAndRead(t *testing.T) {
	key := newKey(t, "house").Public()
	if got, err := ParseKey(" " + key.String() + "\n"); err != nil || got != key {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "einklang-relay-", "einklang-relay-AAAA", key.String()[1:], key.String() + "A"} {
		if _, err := ParseKey(bad); err == nil {
			t.Errorf("%q is taken for a key", bad)
		}
	}
}

func FuzzOpen(f *testing.F) {
	key, err := KeyOf(seed("house"))
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := Seal(Letter{Kind: Webhook, App: "main"}, "secret", key.Public())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := key.Open(raw)
		if err == nil && !bytes.Equal(raw, sealed) && l.By("secret") {
			t.Error("somebody without the secret made a letter")
		}
	})
}

// The shelf keeps what was put into it, in order, whatever is done and however
// often the process ends in between.
func TestLettersStayInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		folder := t.TempDir()
		s, err := openShelf(folder)
		must(rt, err)
		var waiting, refused []string
		n := byte(0)
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				n++
				must(rt, s.put([]byte{n}))
				waiting = append(waiting, string([]byte{n}))
			},
			"hand over": func(rt *rapid.T) {
				if len(waiting) == 0 {
					rt.Skip("nothing waits")
				}
				number, _, err := s.first()
				must(rt, err)
				must(rt, s.handedOver(number))
				waiting = waiting[1:]
			},
			"refuse": func(rt *rapid.T) {
				if len(waiting) == 0 {
					rt.Skip("nothing waits")
				}
				number, _, err := s.first()
				must(rt, err)
				must(rt, s.refuse(number))
				refused, waiting = append(refused, waiting[0]), waiting[1:]
			},
			"offer again": func(rt *rapid.T) {
				must(rt, s.offerAgain())
				waiting = merged(refused, waiting)
				refused = nil
			},
			"crash": func(rt *rapid.T) {
				s, err = openShelf(folder)
				must(rt, err)
			},
			"": func(rt *rapid.T) {
				st, err := s.status()
				must(rt, err)
				if st.Waiting != len(waiting) || st.Refused != len(refused) {
					rt.Fatalf("%+v, want %d and %d", st, len(waiting), len(refused))
				}
				number, got, err := s.first()
				must(rt, err)
				if len(waiting) > 0 && string(got) != waiting[0] || len(waiting) == 0 && number != 0 {
					rt.Fatalf("first is %q, want %q", got, waiting)
				}
			},
		})
	})
}

func must(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// merged are two lists of letters in the order of their numbers.
func merged(a, b []string) (all []string) {
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return append(append(all, a...), b...)
}
