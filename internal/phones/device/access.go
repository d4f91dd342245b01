package device

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/phones/addressbook"
	"einklang/internal/rule/id"
)

// newPassword makes a password and the hash that is stored. With 160 random
// bits there is nothing to guess, so a plain SHA-256 protects it as well as a
// slow hash would, and a phone that asks often costs nothing.
func newPassword() (password string, hash []byte) {
	password = random(20)
	sum := sha256.Sum256([]byte(password))
	return password, sum[:]
}

// SignIn finds the device of a login and a password, with its standing as of
// now. From says where the attempt comes from, shortened so that it names no
// person; it only slows down guessing.
func (g *Register) SignIn(ctx context.Context, login, password, from string) (Device, error) {
	attempt := login + " from " + from
	if g.brake.Spent(attempt) {
		return Device{}, ErrThrottled
	}
	var org id.Org
	var device id.Device
	stored := make([]byte, sha256.Size) // of nobody: the answer takes as long
	state := ""
	err := g.db.QueryRow(ctx, "SELECT d.org_id, d.id, d.password, d.state FROM device_login l JOIN device d ON d.org_id = l.org_id AND d.id = l.device_id WHERE l.login = ?", login).
		Scan(&org, &device, &stored, &state)
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return Device{}, fmt.Errorf("sign a device in: %w", err)
	}
	sum := sha256.Sum256([]byte(password))
	if subtle.ConstantTimeCompare(sum[:], stored) != 1 || state != "active" {
		g.brake.Allow(attempt) // only wrong ones count
		return Device{}, ErrSignIn
	}
	return g.Review(ctx, org, device)
}

// Delivery is what one answer brought to a device.
type Delivery struct {
	Cards   int   // handed out
	Removed int   // told to delete
	UpTo    int64 // the device now knows its book up to here; 0: the answer does not say
}

// syncNoted is how exactly the time of the last request is kept.
const syncNoted = 5 * time.Minute

// Held is the state of the book up to which the device has fetched it.
func (d Device) Held() int64 { return d.heldSeq }

// Delivered notes what a device received. An answer that brings nothing new
// is not written each time.
func (g *Register) Delivered(ctx context.Context, d Device, what Delivery) error {
	now := g.now()
	held := heldView{Kind: d.Kind(), Labels: d.Labels, Frozen: d.View().Frozen, Empty: d.View().Empty}
	news := what.Cards+what.Removed > 0 || what.UpTo != 0 && (what.UpTo != d.heldSeq || !same(held, d.held))
	if !news && now.Sub(d.Synced) < syncNoted {
		return nil
	}
	err := g.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if what.UpTo != 0 {
			if err := g.noteHeld(ctx, tx, d, held, what.UpTo); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, "UPDATE device SET synced_at = ? WHERE org_id = ? AND id = ?", store.Micros(now), d.Org, d.ID); err != nil {
			return err
		}
		if what.Cards+what.Removed == 0 {
			return nil
		}
		at := g.ids.New()
		if _, err := tx.Exec(ctx, "INSERT INTO device_delivery (org_id, device_id, id, cards, removed, seq, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
			d.Org, d.ID, at, int64(what.Cards), int64(what.Removed), what.UpTo, store.Micros(now)); err != nil {
			return err
		}
		return g.prove(ctx, tx, d, "device.delivery", map[string]any{"cards": what.Cards, "removed": what.Removed, "up_to": what.UpTo})
	})
	if err != nil {
		return fmt.Errorf("note what a device received: %w", err)
	}
	return nil
}

func same(a, b heldView) bool {
	if a.Kind != b.Kind || a.Frozen != b.Frozen || a.Empty != b.Empty || len(a.Labels) != len(b.Labels) {
		return false
	}
	for i := range a.Labels {
		if a.Labels[i] != b.Labels[i] {
			return false
		}
	}
	return true
}

func (g *Register) noteHeld(ctx context.Context, tx store.Tx, d Device, held heldView, upTo int64) error {
	text, err := json.Marshal(held)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE device SET held_seq = ?, held_view = ? WHERE org_id = ? AND id = ?", upTo, string(text), d.Org, d.ID)
	return err
}

// StillHeld says how many people a device holds that it should not, and since
// when.
func (g *Register) StillHeld(ctx context.Context, r store.Reader, d Device) (addressbook.Left, error) {
	l, err := g.books.StillHeld(ctx, r, d.View(), d.lastView(), d.heldSeq)
	if l.Count > 0 && l.Since.IsZero() { // they are in the book, but no more in this device's
		l.Since = d.Since
	}
	return l, err
}

// Delivered is one line of what a device received.
type Delivered struct {
	At      time.Time
	Cards   int
	Removed int
}

// Deliveries are what a device received, the newest first.
func (g *Register) Deliveries(ctx context.Context, r store.Reader, org id.Org, device id.Device, limit int) ([]Delivered, error) {
	return store.Collect(ctx, r, func(row store.Row) (Delivered, error) {
		var at, cards, removed int64
		err := row.Scan(&at, &cards, &removed)
		return Delivered{store.Time(at), int(cards), int(removed)}, err
	}, "SELECT at, cards, removed FROM device_delivery WHERE org_id = ? AND device_id = ? ORDER BY id DESC LIMIT ?", org, device, int64(limit))
}
