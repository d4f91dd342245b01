package backup

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Whoever knows the public key can encrypt a file to it, and whoever can write
// to the place of the backups can put one there. So what the installation puts
// there is signed with a key of its own (Ed25519), which follows from its root
// key: it lies nowhere else, and a restored installation signs as before. A
// restore is told the fingerprint of that key, which is kept with the identity,
// and takes nothing that another installation made.

// The errors of a backup that nobody vouches for.
var (
	ErrWhose = errors.New("say which installation made the backup: --installation FINGERPRINT, or a line \"# einklang installation FINGERPRINT\" in the file with the identity. " +
		"The fingerprint is what \"einklang backup\" prints; without it anybody who could write to this place may have made the backup (--unchecked takes it all the same)")
	ErrForeign = errors.New("the backup was not made by this installation: do not restore it, look who could write to this place, and name one of your own backups (--at). " +
		"If the fingerprint is of another installation of yours, name the right one")
	ErrUnsigned = errors.New("nobody signed the backup: it is from before backups were signed, or was not made by this installation. " +
		"If you know that it is yours, restore it with --unchecked")
)

// Signer signs what an installation puts beside its backups.
type Signer struct{ key ed25519.PrivateKey }

// NewSigner makes a Signer from 32 secret bytes.
func NewSigner(seed []byte) Signer { return Signer{ed25519.NewKeyFromSeed(seed)} }

func (s Signer) public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// Installation is the fingerprint by which a restore knows this installation.
func (s Signer) Installation() string { return fingerprint(s.public()) }

// purpose keeps a signature of one kind from being used as another.
type purpose string

const (
	forFile   purpose = "einklang backup file\n"
	forIndex  purpose = "einklang backup index\n"
	forMarker purpose = "einklang erasure\n"
)

func (s Signer) sign(p purpose, message []byte) []byte {
	return ed25519.Sign(s.key, append([]byte(p), message...))
}

func signed(by ed25519.PublicKey, p purpose, message, signature []byte) bool {
	return len(by) == ed25519.PublicKeySize && ed25519.Verify(by, append([]byte(p), message...), signature)
}

// fingerprint is the first 160 bits of a hash, in eight groups of four.
func fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(append([]byte("einklang installation\n"), key...))
	text := base32.StdEncoding.EncodeToString(sum[:20])
	var groups []string
	for group := range slices.Chunk([]byte(text), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

// ParseInstallation reads a fingerprint as people write it.
func ParseInstallation(text string) (string, error) {
	plain := strings.ToUpper(strings.NewReplacer("-", "", " ", "", ":", "").Replace(text))
	raw, err := base32.StdEncoding.DecodeString(plain)
	if err != nil || len(raw) != 20 {
		return "", fmt.Errorf("%q is no fingerprint of an installation: it has eight groups of four letters and digits, as \"einklang backup\" prints it", text)
	}
	var groups []string
	for group := range slices.Chunk([]byte(plain), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-"), nil
}

// kept begins the line with a fingerprint in the file with an identity.
const kept = "einklang installation"

// KeptInstallations reads the fingerprints that were written into the file with
// an identity, as comments.
func KeptInstallations(text []byte) (all []string, err error) {
	for line := range strings.Lines(string(text)) {
		comment, is := strings.CutPrefix(strings.TrimSpace(line), "#")
		if !is {
			continue
		}
		if value, is := strings.CutPrefix(strings.TrimSpace(comment), kept); is {
			one, err := ParseInstallation(value)
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
	}
	return all, nil
}
