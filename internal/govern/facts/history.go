package facts

import (
	"context"
	"crypto/sha256"
	"encoding/json"
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
func Note(ctx context.Context, tx store.Tx, org id.Org, now time.Time, all []cockpit.Measure) error {
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
func History(ctx context.Context, r store.Reader, org id.Org, since time.Time) ([]Day, error) {
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
func Versions(ctx context.Context, tx store.Tx, org id.Org, now time.Time, all ...document.Document) ([]Version, error) {
	last, err := lastVersions(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	today := now.UTC().Format(time.DateOnly)
	versions := make([]Version, len(all))
	var changed, begun [][]any
	for i, d := range all {
		d.Date = time.Time{}
		text, err := json.Marshal(d)
		if err != nil {
			return nil, err
		}
		hash, name := sha256.Sum256(text), d.Key+"."+d.Locale
		before, there := last[name]
		versions[i] = before.Version
		switch {
		case there && string(before.hash) == string(hash[:]):
		case there && before.Day == today:
			changed = append(changed, []any{hash[:], org, name, int64(before.Number)})
		default:
			versions[i] = Version{before.Number + 1, today}
			begun = append(begun, []any{org, name, int64(before.Number + 1), hash[:], today})
		}
	}
	if err := tx.UpdateMany(ctx, store.Update{Table: "document_version", Set: "hash = ?", Where: "org_id = ? AND document = ? AND version = ?"}, changed); err != nil {
		return nil, fmt.Errorf("keep the versions of documents: %w", err)
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "document_version (org_id, document, version, hash, day)"}, begun); err != nil {
		return nil, fmt.Errorf("keep the versions of documents: %w", err)
	}
	return versions, nil
}

type hashed struct {
	Version
	hash []byte
}

// lastVersions are the newest ones, by document and language.
func lastVersions(ctx context.Context, r store.Reader, org id.Org) (map[string]hashed, error) {
	last := map[string]hashed{}
	_, err := store.Collect(ctx, r, func(row store.Row) (struct{}, error) {
		var name string
		var number int64
		var h hashed
		err := row.Scan(&name, &number, &h.hash, &h.Day)
		h.Number = int(number)
		last[name] = h
		return struct{}{}, err
	}, `SELECT v.document, v.version, v.hash, v.day FROM document_version v WHERE v.org_id = ?
		AND v.version = (SELECT MAX(n.version) FROM document_version n WHERE n.org_id = v.org_id AND n.document = v.document)`, org)
	if err != nil {
		return nil, fmt.Errorf("read the versions of documents: %w", err)
	}
	return last, nil
}
