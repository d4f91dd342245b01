package device

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Purpose is what a link is for. The owner of a device opens it on the device,
// without an account.
type Purpose string

// The purposes.
const (
	ToCheck Purpose = "check" // fill in the check list
	ToEnrol Purpose = "enrol" // set the device up: it gets its password
)

// lives is how long a link is open.
var lives = map[Purpose]time.Duration{ToCheck: 14 * 24 * time.Hour, ToEnrol: 24 * time.Hour}

// Link makes a link that can be used once. Earlier links for the same end.
func (g *Register) Link(ctx context.Context, w store.Writer, org id.Org, device id.Device, purpose Purpose) (token string, err error) {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	token = base64.RawURLEncoding.EncodeToString(raw)
	err = w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		d, err := g.Get(ctx, tx, org, device)
		if err != nil {
			return err
		}
		if d.Revoked {
			return ErrNotFound
		}
		if err := g.endLinks(ctx, tx, d, purpose); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO device_link (token_hash, org_id, device_id, purpose, expires_at) VALUES (?, ?, ?, ?, ?)",
			linkHash(token), org, device, string(purpose), store.Micros(g.now().Add(lives[purpose])))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make a link for a device: %w", err)
	}
	return token, nil
}

func linkHash(token string) []byte {
	sum := sha256.Sum256([]byte("device link " + token))
	return sum[:]
}

func (g *Register) endLinks(ctx context.Context, tx store.Tx, d Device, purpose Purpose) error {
	_, err := tx.Exec(ctx, "DELETE FROM device_link WHERE org_id = ? AND device_id = ? AND purpose = ?", d.Org, d.ID, string(purpose))
	return err
}

// ByLink finds the device of a link; ErrLink if it has ended.
func (g *Register) ByLink(ctx context.Context, r store.Reader, token string, purpose Purpose) (Device, error) {
	var org id.Org
	var device id.Device
	var expires int64
	err := r.QueryRow(ctx, "SELECT org_id, device_id, expires_at FROM device_link WHERE token_hash = ? AND purpose = ?", linkHash(token), string(purpose)).
		Scan(&org, &device, &expires)
	if errors.Is(err, store.ErrNoRows) || err == nil && !g.now().Before(store.Time(expires)) {
		return Device{}, ErrLink
	}
	if err != nil {
		return Device{}, fmt.Errorf("read a link of a device: %w", err)
	}
	return g.Get(ctx, r, org, device)
}

// Writing gives the writer for what is done with the link of a device.
type Writing func(Device) store.Writer

// Through is the Writing that takes one writer, whichever device it is.
func Through(w store.Writer) Writing { return func(Device) store.Writer { return w } }

// Enrol uses a link up and makes the device a new password, which is shown
// once; an earlier one ends.
func (g *Register) Enrol(ctx context.Context, writer Writing, token string) (Device, string, error) {
	password, hash := newPassword()
	d, err := g.byLink(ctx, writer, token, ToEnrol, func(ctx context.Context, tx store.Tx, d Device) error {
		if err := g.endLinks(ctx, tx, d, ToEnrol); err != nil {
			return err
		}
		if err := g.setPassword(ctx, tx, d.Org, d.ID, hash); err != nil {
			return err
		}
		return g.prove(ctx, tx, d, "device.enrolled", nil)
	})
	if err != nil {
		return Device{}, "", fmt.Errorf("enrol a device: %w", err)
	}
	return d, password, nil
}

// byLink does what a link is for, in one write. The link is looked up once more
// there: somebody else may have used it.
func (g *Register) byLink(ctx context.Context, writer Writing, token string, p Purpose, do func(context.Context, store.Tx, Device) error) (Device, error) {
	d, err := g.ByLink(ctx, g.db, token, p)
	if err != nil {
		return d, err
	}
	return d, writer(d).Write(ctx, func(ctx context.Context, tx store.Tx) error {
		var err error
		if d, err = g.ByLink(ctx, tx, token, p); err != nil {
			return err
		}
		return do(ctx, tx, d)
	})
}
