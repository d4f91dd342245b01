package device

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const (
	// ShotLife is how long screenshots are kept: until somebody has looked.
	ShotLife = 30 * 24 * time.Hour
	// ShotMost is how large a screenshot may be, in bytes.
	ShotMost = 6 << 20

	shotContext = "device.shot"
)

// The errors of filling in a check list.
var (
	ErrIncomplete = errors.New("some questions of the check list are not answered")
	ErrShot       = errors.New("a screenshot must be a PNG, JPEG, WebP or HEIC picture of at most 6 MB")
)

// Shot is a screenshot that shows how an item is set.
type Shot struct {
	pii.Personal
	Item  Item
	Type  string // media type
	Image []byte
}

// checkShot tells pictures from what is none by their content.
func checkShot(image []byte) (mediaType string, err error) {
	if len(image) == 0 || len(image) > ShotMost {
		return "", ErrShot
	}
	switch t := http.DetectContentType(image); t {
	case "image/png", "image/jpeg", "image/webp":
		return t, nil
	}
	if len(image) > 12 && string(image[4:8]) == "ftyp" && (string(image[8:12]) == "heic" || string(image[8:12]) == "mif1") {
		return "image/heic", nil // ISO/IEC 23008-12, what iPhones make
	}
	return "", ErrShot
}

// Attest takes a check list that the owner has filled in, ends the link, and
// brings the device's standing up to date. It returns the items that do not
// pass; then the device's book freezes until they do.
func (g *Register) Attest(ctx context.Context, writer Writing, token string, answers map[Item]string, shots []Shot) (failed []Item, err error) {
	for i := range shots {
		if shots[i].Type, err = checkShot(shots[i].Image); err != nil {
			return nil, err
		}
	}
	_, err = g.byLink(ctx, writer, token, ToCheck, func(ctx context.Context, tx store.Tx, d Device) error {
		list := Checklist(d)
		var missing []Item
		if missing, failed = Judge(list, answers); len(missing) > 0 {
			return ErrIncomplete
		}
		given := make(map[Item]string, len(list))
		for _, q := range list {
			given[q.Item] = answers[q.Item]
		}
		return g.attested(ctx, tx, d, given, failed, shots)
	})
	if err != nil {
		return nil, fmt.Errorf("take a check list: %w", err)
	}
	return failed, nil
}

func (g *Register) attested(ctx context.Context, tx store.Tx, d Device, answers map[Item]string, failed []Item, shots []Shot) error {
	now, at := g.now(), id.Check(g.ids.New())
	text, err := json.Marshal(answers)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO device_check (org_id, device_id, id, passed, answers, at) VALUES (?, ?, ?, ?, ?, ?)",
		d.Org, d.ID, at, len(failed) == 0, string(text), store.Micros(now)); err != nil {
		return err
	}
	if err := g.keepShots(ctx, tx, d, at, shots); err != nil {
		return err
	}
	if len(failed) == 0 {
		_, err = tx.Exec(ctx, "UPDATE device SET attested_at = ?, failed = '[]', failed_at = 0 WHERE org_id = ? AND id = ?", store.Micros(now), d.Org, d.ID)
	} else {
		var items []byte
		if items, err = json.Marshal(failed); err != nil {
			return err
		}
		since := now
		if !d.FailedAt.IsZero() {
			since = d.FailedAt // failing again gives no more time
		}
		_, err = tx.Exec(ctx, "UPDATE device SET failed = ?, failed_at = ? WHERE org_id = ? AND id = ?", string(items), store.Micros(since), d.Org, d.ID)
	}
	if err != nil {
		return err
	}
	if err := g.endLinks(ctx, tx, d, ToCheck); err != nil {
		return err
	}
	if err := g.prove(ctx, tx, d, "device.attested", map[string]any{"passed": len(failed) == 0, "answers": answers, "screenshots": len(shots)}); err != nil {
		return err
	}
	_, err = g.review(ctx, tx, d.Org, d.ID)
	return err
}

func (g *Register) keepShots(ctx context.Context, tx store.Tx, d Device, check id.Check, shots []Shot) error {
	if len(shots) == 0 {
		return nil
	}
	keys, err := g.vault.Org(ctx, tx, d.Org)
	if err != nil {
		return err
	}
	rings, err := keys.NewKeyrings(ctx, tx, check)
	if err != nil {
		return err
	}
	rows := make([][]any, len(shots))
	for i, s := range shots {
		at := g.ids.New()
		rows[i] = []any{d.Org, d.ID, check, at, string(s.Item), s.Type, rings[0].Seal(shotContext, at, s.Image), store.Micros(g.now())}
	}
	err = tx.InsertMany(ctx, store.Insert{Into: "device_shot (org_id, device_id, check_id, id, item, type, image, at)"}, rows)
	return err
}

// Check is a check list as it was filled in.
type Check struct {
	pii.Personal
	ID      id.Check
	At      time.Time
	Passed  bool
	Answers map[Item]string
	Shots   []ShotRef
}

// ShotRef names a screenshot that is still kept.
type ShotRef struct {
	ID   id.File
	Item Item
}

// Checks reads the check lists of a device, the newest first.
func (g *Register) Checks(ctx context.Context, r store.Reader, org id.Org, device id.Device, limit int) ([]Check, error) {
	checks, err := store.Collect(ctx, r, func(row store.Row) (c Check, err error) {
		var at int64
		var answers string
		if err := row.Scan(&c.ID, &c.Passed, &answers, &at); err != nil {
			return c, err
		}
		c.At = store.Time(at)
		return c, json.Unmarshal([]byte(answers), &c.Answers)
	}, "SELECT id, passed, answers, at FROM device_check WHERE org_id = ? AND device_id = ? ORDER BY id DESC LIMIT ?", org, device, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read the check lists of a device: %w", err)
	}
	for i := range checks {
		checks[i].Shots, err = store.Collect(ctx, r, func(row store.Row) (s ShotRef, err error) {
			err = row.Scan(&s.ID, &s.Item)
			return s, err
		}, "SELECT id, item FROM device_shot WHERE org_id = ? AND device_id = ? AND check_id = ? ORDER BY id", org, device, checks[i].ID)
		if err != nil {
			return nil, fmt.Errorf("read the check lists of a device: %w", err)
		}
	}
	return checks, nil
}

// Screenshot opens a screenshot that is still kept.
func (g *Register) Screenshot(ctx context.Context, r store.Reader, org id.Org, device id.Device, shot id.File) (Shot, error) {
	var s Shot
	var check id.Check
	var image []byte
	err := r.QueryRow(ctx, "SELECT check_id, item, type, image FROM device_shot WHERE org_id = ? AND device_id = ? AND id = ?", org, device, shot).
		Scan(&check, &s.Item, &s.Type, &image)
	if errors.Is(err, store.ErrNoRows) {
		return s, ErrNotFound
	}
	if err != nil {
		return s, fmt.Errorf("read a screenshot: %w", err)
	}
	keys, err := g.vault.Org(ctx, r, org)
	if err != nil {
		return s, err
	}
	ring, err := keys.Keyring(ctx, r, check)
	if errors.Is(err, vault.ErrDestroyed) {
		return s, ErrNotFound
	}
	if err != nil {
		return s, err
	}
	s.Image, err = ring.Open(shotContext, shot, image)
	return s, err
}

// Expire destroys screenshots that have been kept long enough, and deletes ended
// links and old lines about deliveries (the evidence log keeps their counts).
func (g *Register) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	before := store.Micros(now.Add(-ShotLife))
	old, err := store.Collect(ctx, tx, func(row store.Row) (i id.Check, err error) {
		err = row.Scan(&i)
		return i, err
	}, "SELECT DISTINCT check_id FROM device_shot WHERE org_id = ? AND at < ?", org, before)
	if err != nil {
		return fmt.Errorf("delete screenshots: %w", err)
	}
	keys, err := g.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, check := range old {
		if _, err := keys.Destroy(ctx, tx, check); err != nil {
			return fmt.Errorf("delete screenshots: %w", err)
		}
	}
	for _, step := range []struct {
		sql    string
		before int64
	}{
		{"DELETE FROM device_shot WHERE org_id = ? AND at < ?", before},
		{"DELETE FROM device_link WHERE org_id = ? AND expires_at < ?", store.Micros(now)},
		{"DELETE FROM device_delivery WHERE org_id = ? AND at < ?", store.Micros(now.AddDate(-1, 0, 0))},
	} {
		if _, err := tx.Exec(ctx, step.sql, org, step.before); err != nil {
			return fmt.Errorf("delete what a device left behind: %w", err)
		}
	}
	return nil
}
