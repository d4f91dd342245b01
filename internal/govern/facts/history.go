package facts

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/govern/document"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Day is how the requirements stood on one day.
type Day struct {
	Day    string // 2026-11-25
	States map[string]cockpit.State
}

// Note remembers how the requirements stand today; the last note of a day
// holds.
func Note(ctx context.Context, tx store.Tx, org id.ID, now time.Time, all []cockpit.Measure) error {
	states := make(map[string]cockpit.State, len(all))
	for _, m := range all {
		states[m.ID] = m.State
	}
	text, err := json.Marshal(states)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO cockpit_day (org_id, day, states) VALUES (?, ?, ?) ON CONFLICT (org_id, day) DO UPDATE SET states = excluded.states",
		org, now.UTC().Format(time.DateOnly), string(text))
	if err != nil {
		return fmt.Errorf("note how the requirements stand: %w", err)
	}
	return nil
}

// History reads the notes since a day, the newest first.
func History(ctx context.Context, r store.Reader, org id.ID, since time.Time) ([]Day, error) {
	return store.Collect(ctx, r, func(row store.Row) (d Day, err error) {
		var text string
		if err := row.Scan(&d.Day, &text); err != nil {
			return d, err
		}
		return d, json.Unmarshal([]byte(text), &d.States)
	}, "SELECT day, states FROM cockpit_day WHERE org_id = ? AND day >= ? ORDER BY day DESC", org, since.UTC().Format(time.DateOnly))
}

// Version is which version of a document is current.
type Version struct {
	Number int
	Day    string // on which it became current
}

// Versions numbers the documents: a document whose content differs from its
// last version gets a new one, at most one a day. Hash covers what the document
// says, not the moment in which it was written.
func Versions(ctx context.Context, tx store.Tx, org id.ID, now time.Time, d document.Document) (Version, error) {
	d.Date = time.Time{}
	text, err := json.Marshal(d)
	if err != nil {
		return Version{}, err
	}
	hash := sha256.Sum256(text)
	name, today := d.Key+"."+d.Locale, now.UTC().Format(time.DateOnly)
	var number int64
	var last []byte
	var day string
	err = tx.QueryRow(ctx, "SELECT version, hash, day FROM document_version WHERE org_id = ? AND document = ? ORDER BY version DESC LIMIT 1", org, name).Scan(&number, &last, &day)
	switch {
	case err != nil && !errors.Is(err, store.ErrNoRows):
		return Version{}, fmt.Errorf("read the version of a document: %w", err)
	case err == nil && string(last) == string(hash[:]):
		return Version{int(number), day}, nil
	case err == nil && day == today:
		_, err = tx.Exec(ctx, "UPDATE document_version SET hash = ? WHERE org_id = ? AND document = ? AND version = ?", hash[:], org, name, number)
		return Version{int(number), day}, err
	}
	number++
	_, err = tx.Exec(ctx, "INSERT INTO document_version (org_id, document, version, hash, day) VALUES (?, ?, ?, ?, ?)", org, name, number, hash[:], today)
	return Version{int(number), today}, err
}
