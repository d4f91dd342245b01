package device

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/throttle"
	"einklang/internal/engine/vault"
	"einklang/internal/phones/addressbook"
	"einklang/internal/rule/id"
)

// Register keeps the devices of all organisations.
type Register struct {
	db     *store.DB
	vault  *vault.Vault
	ids    *id.Source
	now    func() time.Time
	books  *addressbook.Books
	orgs   Numbers
	ledger evidence.Ledger
	brake  *throttle.Brake

	decided func(ctx context.Context, tx store.Tx, org id.Org, device id.ID) error
}

// Numbers knows the numbers of an organisation that the API uses alone, so that
// they must not be on a phone as well (S20).
type Numbers interface {
	APINumbers(ctx context.Context, r store.Reader, org id.Org) ([]string, error)
}

// New makes a Register.
func New(db *store.DB, v *vault.Vault, ids *id.Source, now func() time.Time, books *addressbook.Books, orgs Numbers, ledger evidence.Ledger) *Register {
	return &Register{db: db, vault: v, ids: ids, now: now, books: books, orgs: orgs, ledger: ledger, brake: throttle.New(now),
		decided: func(context.Context, store.Tx, id.Org, id.ID) error { return nil }}
}

const (
	detailContext = "device.detail"
	columns       = "org_id, id, login, state, product, platform, management, detail, labels, names, groups, pictures, candidates, attested_at, failed, failed_at, " +
		"standing, standing_at, frozen_seq, view_seq, synced_at, held_seq, held_view, created_at"
)

type sealed struct {
	Device
	detail []byte
}

func scan(row store.Row) (sealed, error) {
	var s sealed
	var state, labels, failed, held string
	var attested, failedAt, standing, synced, created int64
	err := row.Scan(&s.Org, &s.ID, &s.Login, &state, &s.Product, &s.Platform, &s.Management, &s.detail, &labels, &s.Names, &s.Groups, &s.Pictures, &s.Candidates, &attested, &failed, &failedAt,
		&s.Standing, &standing, &s.frozenSeq, &s.viewSeq, &synced, &s.heldSeq, &held, &created)
	if errors.Is(err, store.ErrNoRows) {
		return s, ErrNotFound
	}
	if err != nil {
		return s, fmt.Errorf("read a device: %w", err)
	}
	s.Revoked = state == "revoked"
	s.Attested, s.FailedAt, s.Device.Since = store.Time(attested), store.Time(failedAt), store.Time(standing)
	s.Synced, s.Created = store.Time(synced), store.Time(created)
	return s, errors.Join(json.Unmarshal([]byte(labels), &s.Labels), json.Unmarshal([]byte(failed), &s.Failed), json.Unmarshal([]byte(held), &s.held))
}

func (g *Register) ring(ctx context.Context, r store.Reader, org id.Org) (*vault.Keyring, error) {
	keys, err := g.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return keys.Keyring(ctx, r, org)
}

func (g *Register) open(ctx context.Context, r store.Reader, org id.Org, all ...sealed) ([]Device, error) {
	if len(all) == 0 {
		return nil, nil
	}
	ring, err := g.ring(ctx, r, org)
	if err != nil {
		return nil, err
	}
	devices := make([]Device, len(all))
	for i, s := range all {
		plain, err := ring.Open(detailContext, s.ID, s.detail)
		if err != nil {
			return nil, fmt.Errorf("open a device: %w", err)
		}
		devices[i] = s.Device
		if err := json.Unmarshal(plain, &devices[i].Detail); err != nil {
			return nil, err
		}
	}
	return devices, nil
}

// Get reads one device.
func (g *Register) Get(ctx context.Context, r store.Reader, org id.Org, device id.Device) (Device, error) {
	s, err := scan(r.QueryRow(ctx, "SELECT "+columns+" FROM device WHERE org_id = ? AND id = ?", org, device))
	if err != nil {
		return Device{}, err
	}
	all, err := g.open(ctx, r, org, s)
	if err != nil {
		return Device{}, err
	}
	return all[0], nil
}

// All reads an organisation's devices, the newest first.
func (g *Register) All(ctx context.Context, r store.Reader, org id.Org) ([]Device, error) {
	rows, err := store.Collect(ctx, r, scan, "SELECT "+columns+" FROM device WHERE org_id = ? ORDER BY id DESC", org)
	if err != nil {
		return nil, err
	}
	return g.open(ctx, r, org, rows...)
}

// Holds reports whether a phone that is in use has somebody in its book of
// consenting people.
func (g *Register) Holds(ctx context.Context, r store.Reader, org id.Org, person id.Person) (bool, error) {
	there, err := g.books.Present(ctx, r, org, person)
	if err != nil || !there {
		return false, err
	}
	all, err := g.All(ctx, r, org)
	return slices.ContainsFunc(all, func(d Device) bool { return !d.Revoked && d.View().Kind == addressbook.Consenting }), err
}

// Add enters a device and makes its password, which is shown once.
func (g *Register) Add(ctx context.Context, w store.Writer, d Device) (Device, string, error) {
	if !d.valid() {
		return d, "", ErrInvalid
	}
	d.ID, d.Standing, d.Created = id.Device(g.ids.New()), Empty, g.now()
	d.Since = d.Created
	d.Login = "geraet-" + random(5)
	password, hash := newPassword()
	err := w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		detail, labels, err := g.entered(ctx, tx, d)
		if err != nil {
			return err
		}
		if d.viewSeq, err = g.books.Next(ctx, tx, d.Org, 1); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO device_login (login, org_id, device_id) VALUES (?, ?, ?)", d.Login, d.Org, d.ID); err != nil {
			return err
		}
		at := store.Micros(d.Created)
		if _, err := tx.Exec(ctx, "INSERT INTO device ("+columns+", password) VALUES (?, ?, ?, 'active', ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '[]', 0, ?, ?, 0, ?, 0, 0, '{}', ?, ?)",
			d.Org, d.ID, d.Login, string(d.Product), string(d.Platform), string(d.Management), detail, labels, d.Names, d.Groups, d.Pictures, d.Candidates, string(d.Standing), at, d.viewSeq, at, hash); err != nil {
			return err
		}
		return g.prove(ctx, tx, d, "device.added", map[string]any{"product": d.Product, "platform": d.Platform, "management": d.Management})
	})
	if err != nil {
		return d, "", fmt.Errorf("add a device: %w", err)
	}
	return d, password, nil
}

// entered is what somebody entered about a device, as it is stored.
func (g *Register) entered(ctx context.Context, r store.Reader, d Device) (detail []byte, labels string, err error) {
	ring, err := g.ring(ctx, r, d.Org)
	if err != nil {
		return nil, "", err
	}
	plain, err := json.Marshal(d.Detail)
	if err != nil {
		return nil, "", err
	}
	if len(d.Labels) == 0 {
		return ring.Seal(detailContext, d.ID, plain), "[]", nil
	}
	text, err := json.Marshal(d.Labels)
	return ring.Seal(detailContext, d.ID, plain), string(text), err
}

// Change stores what somebody entered about a device. Another product asks for
// a new check list: the old one spoke of something else.
func (g *Register) Change(ctx context.Context, w store.Writer, d Device) error {
	if !d.valid() {
		return ErrInvalid
	}
	err := w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		before, err := g.Get(ctx, tx, d.Org, d.ID)
		if err != nil {
			return err
		}
		detail, labels, err := g.entered(ctx, tx, d)
		if err != nil {
			return err
		}
		seq, err := g.books.Next(ctx, tx, d.Org, 1)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE device SET product = ?, platform = ?, management = ?, detail = ?, labels = ?, names = ?, groups = ?, pictures = ?, candidates = ?, view_seq = ? WHERE org_id = ? AND id = ?",
			string(d.Product), string(d.Platform), string(d.Management), detail, labels, d.Names, d.Groups, d.Pictures, d.Candidates, seq, d.Org, d.ID); err != nil {
			return err
		}
		if before.Product != d.Product {
			if _, err := tx.Exec(ctx, "UPDATE device SET attested_at = 0, failed = '[]', failed_at = 0 WHERE org_id = ? AND id = ?", d.Org, d.ID); err != nil {
				return err
			}
		}
		if err := g.prove(ctx, tx, d, "device.changed", map[string]any{"product": d.Product, "platform": d.Platform, "management": d.Management}); err != nil {
			return err
		}
		_, err = g.review(ctx, tx, d.Org, d.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("change a device: %w", err)
	}
	return nil
}

// NewPassword replaces the password of a device; the old one ends at once.
func (g *Register) NewPassword(ctx context.Context, org id.Org, device id.Device) (string, error) {
	password, hash := newPassword()
	err := g.db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return g.setPassword(ctx, tx, org, device, hash) })
	if err != nil {
		return "", fmt.Errorf("make a new password for a device: %w", err)
	}
	return password, nil
}

func (g *Register) setPassword(ctx context.Context, tx store.Tx, org id.Org, device id.Device, hash []byte) error {
	n, err := tx.Exec(ctx, "UPDATE device SET password = ? WHERE org_id = ? AND id = ? AND state = 'active'", hash, org, device)
	switch {
	case err != nil:
		return err
	case n == 0:
		return ErrNotFound
	}
	return g.decided(ctx, tx, org, id.ID(device))
}

// Revoke ends a device's access for good.
func (g *Register) Revoke(ctx context.Context, w store.Writer, org id.Org, device id.Device) error {
	err := w.Write(ctx, func(ctx context.Context, tx store.Tx) error { return g.revoke(ctx, tx, org, device) })
	if err != nil {
		return fmt.Errorf("revoke a device: %w", err)
	}
	return nil
}

func (g *Register) revoke(ctx context.Context, tx store.Tx, org id.Org, device id.Device) error {
	d, err := g.Get(ctx, tx, org, device)
	if err != nil || d.Revoked {
		return err
	}
	for _, end := range []string{
		"UPDATE device SET state = 'revoked' WHERE org_id = ? AND id = ?",
		"DELETE FROM device_link WHERE org_id = ? AND device_id = ?",
	} {
		if _, err := tx.Exec(ctx, end, org, device); err != nil {
			return err
		}
	}
	if err := errors.Join(g.decided(ctx, tx, org, id.ID(device)), g.prove(ctx, tx, d, "device.revoked", nil)); err != nil {
		return err
	}
	_, err = g.review(ctx, tx, org, device)
	return err
}

// Review brings the standing of a device up to date and returns the device.
// It writes only when the standing changes.
func (g *Register) Review(ctx context.Context, org id.Org, device id.Device) (Device, error) {
	d, err := g.Get(ctx, g.db, org, device)
	if err != nil || Stand(d, g.now()) == d.Standing {
		return d, err
	}
	err = g.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		d, err = g.review(ctx, tx, org, device)
		return err
	})
	if err != nil {
		return d, fmt.Errorf("review a device: %w", err)
	}
	return d, nil
}

func (g *Register) review(ctx context.Context, tx store.Tx, org id.Org, device id.Device) (Device, error) {
	d, err := g.Get(ctx, tx, org, device)
	if err != nil {
		return d, err
	}
	standing := Stand(d, g.now())
	if standing == d.Standing {
		return d, nil
	}
	seq, err := g.books.Next(ctx, tx, org, 1)
	if err != nil {
		return d, err
	}
	d.Standing, d.Since, d.frozenSeq, d.viewSeq = standing, g.now(), seq, seq
	if _, err := tx.Exec(ctx, "UPDATE device SET standing = ?, standing_at = ?, frozen_seq = ?, view_seq = ? WHERE org_id = ? AND id = ?",
		string(standing), store.Micros(d.Since), seq, seq, org, device); err != nil {
		return d, err
	}
	return d, g.prove(ctx, tx, d, "device."+string(standing), nil)
}

// prove appends to the evidence log. It says nothing about the owner.
func (g *Register) prove(ctx context.Context, tx store.Tx, d Device, kind string, record map[string]any) error {
	if record == nil {
		record = map[string]any{}
	}
	record["device"] = d.ID.String()
	return g.ledger.Append(ctx, tx, d.Org, evidence.Entry{ID: id.Entry(g.ids.New()), Kind: kind, At: g.now(), Record: record})
}

// digits is the digits of the device's phone number in E.164, for comparison
// with the numbers of channels; a national number is taken as German.
func (d Device) digits() string { return digits(d.Detail.Number) }

func digits(number string) string {
	var b strings.Builder
	for _, r := range strings.Replace(number, "(0)", "", 1) {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	n := b.String()
	switch {
	case strings.HasPrefix(n, "00"):
		return n[2:]
	case strings.HasPrefix(n, "0"):
		return "49" + n[1:]
	}
	return n
}

// HasNumber reports whether the device uses a phone number that is written in
// any of the usual ways (S20: one number cannot be in two products).
func (d Device) HasNumber(number string) bool {
	return d.digits() != "" && d.digits() == digits(number)
}

// random is n random bytes as small letters and digits that nobody mixes up.
func random(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	return base32.NewEncoding("abcdefghjkmnpqrstuvwxyz234567890").WithPadding(base32.NoPadding).EncodeToString(raw)
}
