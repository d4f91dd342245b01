package cases

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

const entryContext = "privacy_case.entry"

// fileMost is how many lines of a file one page shows.
const fileMost = 200

// File reads the file of a case after a line, the oldest first: as many lines as
// fit a page. More says that others follow.
func (d *Cases) File(ctx context.Context, r store.Reader, org id.Org, at id.Case, after id.Cursor) (file []Entry, more bool, err error) {
	type sized struct {
		id   id.ID
		size int64
	}
	found, err := store.Collect(ctx, r, func(row store.Row) (s sized, err error) { return s, row.Scan(&s.id, &s.size) },
		"SELECT id, length(text) FROM privacy_case_entry WHERE org_id = ? AND case_id = ? AND id > ? ORDER BY id LIMIT ?", org, at, after[:], int64(fileMost+1))
	if err != nil {
		return nil, false, fmt.Errorf("list the file of a privacy case: %w", err)
	}
	n := store.Fit(found, fileMost, func(s sized) int64 { return s.size })
	if n == 0 {
		return nil, false, nil
	}
	file, err = d.lines(ctx, r, org, at, "text", "id > ? AND id <= ?", after[:], found[n-1].id)
	return file, n < len(found), err
}

// Line reads one line of the file of a case.
func (d *Cases) Line(ctx context.Context, r store.Reader, org id.Org, at id.Case, line id.ID) (Entry, error) {
	found, err := d.lines(ctx, r, org, at, "text", "id = ?", line)
	if err == nil && len(found) == 0 {
		return Entry{}, ErrNotFound
	}
	if err != nil {
		return Entry{}, err
	}
	return found[0], nil
}

// marks reads the lines that tasks are made of; the others have no part in them.
func (d *Cases) marks(ctx context.Context, r store.Reader, org id.Org, at id.Case) ([]Entry, error) {
	const said = "'" + lineTask + "', '" + lineDone + "', '" + lineOpen + "'"
	return d.lines(ctx, r, org, at, "CASE WHEN kind IN ("+said+") THEN text END",
		"kind IN ("+said+", '"+LinePackage+"', '"+LineGranted+"', '"+lineLetter+"')")
}

// lines reads lines of the file of a case; a text that is NULL stays empty.
func (d *Cases) lines(ctx context.Context, r store.Reader, org id.Org, at id.Case, text, where string, args ...any) ([]Entry, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	ring, err := keys.Keyring(ctx, r, at)
	if err != nil {
		return nil, err
	}
	return store.Collect(ctx, r, func(row store.Row) (Entry, error) {
		var e Entry
		var sealed []byte
		var when int64
		if err := row.Scan(&e.ID, &e.Kind, &e.By, &sealed, &when); err != nil || sealed == nil {
			e.At = store.Time(when)
			return e, err
		}
		plain, err := ring.Open(entryContext, e.ID, sealed)
		e.Text, e.At = string(plain), store.Time(when)
		return e, err
	}, "SELECT id, kind, by_id, "+text+", at FROM privacy_case_entry WHERE org_id = ? AND case_id = ? AND "+where+" ORDER BY id", append([]any{org, at}, args...)...)
}
