package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"einklang/internal/rule/id"
)

// The errors of opening.
var (
	// ErrDestroyed: the key is gone, and with it the data, for ever.
	ErrDestroyed = errors.New("the key is destroyed: the data cannot be read any more")
	// ErrTampered: the sealed data was changed, or belongs somewhere else.
	ErrTampered = errors.New("the sealed data was changed or stands in the wrong place")
)

// A sealed text is: version | key id | nonce | AES-256-GCM ciphertext.
const (
	version   = 1
	keyAt     = 1
	nonceAt   = keyAt + 16
	cipherAt  = nonceAt + 12
	keyLength = 32
)

// dataKey seals and opens.
type dataKey struct {
	id   id.Key
	made int64 // microseconds
	raw  [keyLength]byte
	aead cipher.AEAD
}

func newDataKey(at id.Key, raw []byte) (*dataKey, error) {
	if len(raw) != keyLength {
		return nil, ErrTampered
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	k := &dataKey{id: at, aead: gcm}
	copy(k.raw[:], raw)
	return k, nil
}

// Keyring is the data keys of one owner. It is for one piece of work: do not
// keep it, so that a key destroyed on another node is not used any longer.
type Keyring struct {
	org   id.Org
	owner id.Person
	keys  []*dataKey // the newest last
}

// Owner is whose keys these are.
func (k *Keyring) Owner() id.Person { return k.owner }

// KeyID names the key that Seal and Salt use now.
func (k *Keyring) KeyID() id.Key { return k.keys[len(k.keys)-1].id }

func (k *Keyring) find(at id.Key) *dataKey {
	for _, key := range k.keys {
		if key.id == at {
			return key
		}
	}
	return nil
}

// bound is the associated data: what is sealed opens only in its own
// organisation, for its own use and in its own row. Each part has its length
// before it, so that no two places look alike.
func bound(org id.Org, context string, row id.Any) []byte {
	b := make([]byte, 0, 4+len(context)+32)
	b = append(b, org[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(context))) //nolint:gosec // contexts are short constants
	b = append(b, context...)
	return append(b, row[:]...)
}

// Seal makes a text unreadable. Context says what it is, such as
// "message.body", and row where it stands; both are needed to open it.
func (k *Keyring) Seal(context string, row id.Any, plain []byte) []byte {
	key := k.keys[len(k.keys)-1]
	sealed := make([]byte, cipherAt, cipherAt+len(plain)+16)
	sealed[0] = version
	copy(sealed[keyAt:], key.id[:])
	_, _ = rand.Read(sealed[nonceAt:cipherAt]) // never fails: crypto/rand
	return key.aead.Seal(sealed, sealed[nonceAt:cipherAt], plain, bound(k.org, context, row))
}

// Open makes a sealed text readable again. Errors: ErrDestroyed, ErrTampered.
func (k *Keyring) Open(context string, row id.Any, sealed []byte) ([]byte, error) {
	if len(sealed) < cipherAt+16 || sealed[0] != version {
		return nil, ErrTampered
	}
	key := k.find(id.Key(sealed[keyAt:nonceAt]))
	if key == nil {
		return nil, ErrDestroyed
	}
	plain, err := key.aead.Open(nil, sealed[nonceAt:cipherAt], sealed[cipherAt:], bound(k.org, context, row))
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

// Salt derives the salt of a row of evidence from a key. It is not stored, so
// it vanishes with the key, and what it hides can then never be guessed.
func (k *Keyring) Salt(key id.Key, row id.Any) ([sha256.Size]byte, error) {
	found := k.find(key)
	if found == nil {
		return [sha256.Size]byte{}, ErrDestroyed
	}
	mac := hmac.New(sha256.New, found.raw[:])
	mac.Write([]byte("evidence.salt"))
	mac.Write(row[:])
	return [sha256.Size]byte(mac.Sum(nil)), nil
}

// ChunkRow is the row that binds a chunk of a file to its place: no chunk can
// be moved, left out at the end, or taken from another file.
func ChunkRow(file id.Any, n int, last bool) id.ID {
	sum := sha256.New()
	sum.Write(file[:])
	sum.Write(fmt.Appendf(nil, "%d %t", n, last))
	return id.ID(sum.Sum(nil)[:16])
}
