// Package letterbox takes webhooks while nobody else can, without being able to
// read them later. A small process elsewhere in the EU (einklang relay) checks
// who signed a webhook, seals it to the public key of the installation, the
// house, and answers 200 once it is on its disk. It hands its letters over in
// the order in which they came, and deletes what it has handed over. It holds no
// other key and no database: who takes its disk has sealed letters, and who
// takes its place can neither read what was there nor forge what the house
// believes without the secret of the Meta app.
//
// Both sides beat: the letter box tells the house twice a minute that it is
// there, and what waits in it. Whoever of the two misses the other tells people.
package letterbox

import (
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/nacl/box"

	"einklang/internal/rule/pii"
)

// Kind says what a letter holds.
type Kind string

// The kinds of letters.
const (
	Webhook Kind = "webhook" // what Meta sent
	Beat    Kind = "beat"    // a [Status]
)

// Letter is what a letter box hands to the house.
type Letter struct {
	pii.Personal
	Kind     Kind   `json:"kind"`
	From     string `json:"from"` // name of the letter box
	App      string `json:"app"`  // our name for the Meta app whose secret proves the letter
	Received int64  `json:"received_us"`
	Body     []byte `json:"body"`
	Proof    []byte `json:"proof"` // HMAC-SHA-256 with the app's secret over all of the above
}

// At is when the letter was received.
func (l Letter) At() time.Time { return time.UnixMicro(l.Received).UTC() }

// proof proves that a letter was made by somebody who has the app's secret: Meta,
// or the letter box after it had checked Meta's signature. It covers the time of
// receipt, by which the order of a person's words is known.
func (l Letter) proof(secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte("einklang letter 1\n" + strings.Join([]string{string(l.Kind), strconv.Quote(l.From), strconv.Quote(l.App), strconv.FormatInt(l.Received, 10)}, "\n") + "\n"))
	_, _ = mac.Write(l.Body)
	return mac.Sum(nil)
}

// By reports whether somebody with this secret made the letter.
func (l Letter) By(secret string) bool {
	return secret != "" && hmac.Equal(l.Proof, l.proof(secret))
}

// Status is what a letter box says of itself.
type Status struct {
	Waiting int       `json:"waiting"` // letters that are not handed over
	Oldest  time.Time `json:"oldest"`  // of them; zero: none
	Refused int       `json:"refused"` // letters that the house would not take, kept for a while
}

// ErrUnreadable says that the letter was sealed to another key, or has been changed.
var ErrUnreadable = errors.New("the letter was sealed to another key or has been changed")

// PublicKey is what letters are sealed to.
type PublicKey [32]byte

const keyPrefix = "einklang-relay-"

func (k PublicKey) String() string { return keyPrefix + base64.RawURLEncoding.EncodeToString(k[:]) }

// ParseKey reads a key as String writes it.
func ParseKey(text string) (k PublicKey, err error) {
	coded, is := strings.CutPrefix(strings.TrimSpace(text), keyPrefix)
	raw, err := base64.RawURLEncoding.DecodeString(coded)
	if !is || err != nil || len(raw) != len(k) {
		return k, fmt.Errorf("%q is no key of a house: it begins with %s, as \"einklang relay key\" prints it", text, keyPrefix)
	}
	return PublicKey(raw), nil
}

// Seal seals a letter to the house, proven with the secret of its app.
func Seal(l Letter, secret string, to PublicKey) ([]byte, error) {
	l.Proof = l.proof(secret)
	text, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("write a letter: %w", err)
	}
	sealed, err := box.SealAnonymous(nil, text, (*[32]byte)(&to), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("seal a letter: %w", err)
	}
	return sealed, nil
}

// Key opens letters. Only the house has it.
type Key struct{ public, private [32]byte }

// Root is the root key of the house, from which its key for letters follows.
type Root interface {
	Derive(purpose string) ([]byte, error)
}

// KeyOf is the key of the house with a root key. It stays the same when the root
// key is rotated.
func KeyOf(root Root) (k Key, err error) {
	secret, err := root.Derive("einklang letter box 1")
	if err != nil {
		return k, err
	}
	private, err := ecdh.X25519().NewPrivateKey(secret)
	if err != nil {
		return k, fmt.Errorf("derive the key for letters: %w", err)
	}
	return Key{public: [32]byte(private.PublicKey().Bytes()), private: [32]byte(secret)}, nil
}

// Public is what a letter box is told.
func (k Key) Public() PublicKey { return PublicKey(k.public) }

// Open opens a letter. Who made it is not known before [Letter.By] has said so.
func (k Key) Open(sealed []byte) (l Letter, err error) {
	text, ok := box.OpenAnonymous(nil, sealed, &k.public, &k.private)
	if !ok {
		return l, ErrUnreadable
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, ErrUnreadable
	}
	return l, nil
}
