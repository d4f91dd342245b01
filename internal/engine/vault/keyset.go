package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// keyset is what the file of a root key holds: a keyset of Tink in its JSON
// form, with keys of the one kind that we make, AES-256-GCM whose ciphertexts
// begin with the key's number. Tink and its tools read and write the same
// (developers.google.com/tink/wire-format).
type keyset struct {
	Primary uint32   `json:"primaryKeyId"`
	Keys    []oneKey `json:"key"`
}

type oneKey struct {
	Data struct {
		TypeURL  string `json:"typeUrl"`
		Value    []byte `json:"value"` // the key as a protocol buffer: keyHead, then the key
		Material string `json:"keyMaterialType"`
	} `json:"keyData"`
	Status string `json:"status"`
	ID     uint32 `json:"keyId"`
	Prefix string `json:"outputPrefixType"`
}

const (
	aesGCM    = "type.googleapis.com/google.crypto.tink.AesGcmKey"
	symmetric = "SYMMETRIC"
	enabled   = "ENABLED"
	disabled  = "DISABLED" // opens and seals nothing any more
	withID    = "TINK"

	keyHead  = "\x1a\x20" // field 3, 32 bytes
	rootSize = 32
	started  = 1 // the first byte of a ciphertext, before the key's number
	prefix   = 5
)

// readKeyset refuses keys that we could not use.
func readKeyset(text []byte) (*keyset, error) {
	var s keyset
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	for _, k := range s.Keys {
		if k.Data.TypeURL != aesGCM || k.Prefix != withID || len(k.Data.Value) != len(keyHead)+rootSize || string(k.Data.Value[:len(keyHead)]) != keyHead {
			return nil, fmt.Errorf("key %d is not one for AES-256-GCM with Tink's prefix", k.ID)
		}
	}
	if _, err := s.cipher(s.Primary); err != nil {
		return nil, err
	}
	return &s, nil
}

// with is the keyset with a new primary key. The older keys still open what
// they sealed.
func (s keyset) with() *keyset {
	var number [4]byte
	for next := (keyset{Keys: slices.Clone(s.Keys)}); ; {
		_, _ = rand.Read(number[:]) // never fails
		next.Primary = binary.BigEndian.Uint32(number[:])
		if next.Primary == 0 || slices.ContainsFunc(s.Keys, func(k oneKey) bool { return k.ID == next.Primary }) {
			continue
		}
		k := oneKey{Status: enabled, ID: next.Primary, Prefix: withID}
		k.Data.TypeURL, k.Data.Material = aesGCM, symmetric
		k.Data.Value = append([]byte(keyHead), make([]byte, rootSize)...)
		_, _ = rand.Read(k.Data.Value[len(keyHead):])
		next.Keys = append(next.Keys, k)
		return &next
	}
}

// only is the keyset in which nothing but the primary key opens anything, and how
// many keys have ended with that. Of the first there was, what is extracted from it
// stays, as a disabled key; nothing leads back from that to the key (RFC 5869).
func (s keyset) only() (*keyset, int, error) {
	first, err := s.extracted()
	if err != nil {
		return nil, 0, err
	}
	next, ended := &keyset{Primary: s.Primary}, 0
	for i, k := range s.Keys {
		if k.ID != s.Primary && k.Status == enabled {
			ended++
		}
		switch {
		case k.ID == s.Primary:
			next.Keys = append(next.Keys, k)
		case i == 0:
			k.Status, k.Data.Value = disabled, append([]byte(keyHead), first...)
			next.Keys = append(next.Keys, k)
		}
	}
	return next, ended, nil
}

// extracted is what secrets are derived from: of the first key, or what is left of
// it.
func (s keyset) extracted() ([]byte, error) {
	first := s.Keys[0]
	if first.Status == disabled {
		return first.Data.Value[len(keyHead):], nil
	}
	return hkdf.Extract(sha256.New, first.Data.Value, nil)
}

// wrapped reports whether the primary key sealed something.
func (s keyset) wrapped(sealed []byte) bool {
	return len(sealed) >= prefix && binary.BigEndian.Uint32(sealed[1:prefix]) == s.Primary
}

// cipher puts a random nonce before each ciphertext, as Tink does.
func (s keyset) cipher(number uint32) (cipher.AEAD, error) {
	for _, k := range s.Keys {
		if k.ID != number || k.Status != enabled {
			continue
		}
		block, err := aes.NewCipher(k.Data.Value[len(keyHead):])
		if err != nil {
			return nil, err
		}
		return cipher.NewGCMWithRandomNonce(block)
	}
	return nil, fmt.Errorf("there is no key %d", number)
}

func (s keyset) seal(plain, context []byte) ([]byte, error) {
	c, err := s.cipher(s.Primary)
	if err != nil {
		return nil, err
	}
	return c.Seal(binary.BigEndian.AppendUint32([]byte{started}, s.Primary), nil, plain, context), nil //nolint:gosec // G407: the cipher makes the nonce itself
}

func (s keyset) open(sealed, context []byte) ([]byte, error) {
	if len(sealed) < prefix || sealed[0] != started {
		return nil, errors.New("not sealed with a root key")
	}
	c, err := s.cipher(binary.BigEndian.Uint32(sealed[1:prefix]))
	if err != nil {
		return nil, err
	}
	return c.Open(nil, nil, sealed[prefix:], context)
}
