package backup

import (
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/vault"
)

// Config says where backups go: to a folder or to an object store. The zero
// value: no backups from here.
type Config struct {
	Folder     string
	S3         *S3
	Recipients []string // public keys of age
	Keep       Retention
	Every      time.Duration // how often the installation makes one by itself; zero: only when asked
}

// Configured reports whether backups are made from here.
func (c Config) Configured() bool { return c.S3 != nil || c.Folder != "" }

// Kept is how long backups are kept.
func (c Config) Kept() Retention {
	if c.Keep == (Retention{}) {
		return DefaultRetention
	}
	return c.Keep
}

// Outside is where the backups go, as package egress lets it be reached; none
// if they stay on this machine.
func (c Config) Outside() []egress.Destination {
	if c.S3 == nil {
		return nil
	}
	return []egress.Destination{c.S3.Outside(Destination, "backups, encrypted")}
}

// Target opens the place through the way out; nil if none is configured.
func (c Config) Target(g *egress.Border) (Target, error) {
	switch {
	case c.S3 != nil:
		if err := c.S3.Check(); err != nil {
			return nil, err
		}
		return c.S3.Target(g.Client(Destination))
	case c.Folder != "":
		return Folder(c.Folder), nil
	default:
		return nil, nil
	}
}

// ErrNowhere is returned where no place for backups is configured.
var ErrNowhere = errors.New("no place for backups is configured: add backup with folder or s3, and recipients")

// Alone opens the place through a way out of its own, for a restore.
func (c Config) Alone(now func() time.Time) (Target, error) {
	g, err := egress.New(egress.Options{Now: now, Destinations: c.Outside()})
	if err != nil {
		return nil, err
	}
	to, err := c.Target(g)
	if err == nil && to == nil {
		err = ErrNowhere
	}
	return to, err
}

// signature is what the secret is for that follows from the root key. Another
// text makes other fingerprints.
const signature = "einklang backup signature 1"

// SignerOf signs what the installation with a root key puts beside its backups.
func SignerOf(root *vault.FileRoot) (Signer, error) {
	seed, err := root.Derive(signature)
	return NewSigner(seed), err
}

// InstallationAt is the fingerprint of the installation whose root key lies in a
// file, by which a restore knows its backups.
func InstallationAt(rootKey string) (string, error) {
	by, err := SignerAt(rootKey)
	if err != nil {
		return "", err
	}
	return by.Installation(), nil
}

// SignerAt is the signer of the installation whose root key lies in a file.
func SignerAt(rootKey string) (Signer, error) {
	root, err := vault.OpenRoot(rootKey)
	if err != nil {
		return Signer{}, fmt.Errorf("a backup is signed with what follows from the root key: %w", err)
	}
	return SignerOf(root)
}
