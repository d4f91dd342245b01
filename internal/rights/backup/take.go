package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"einklang/internal/engine/store"
	"einklang/internal/rule/pii"
)

// keyTables hold keys; they go to the key file.
var keyTables = []string{"data_key", "org_key"}

// leftOut are not backed up: the search index is made anew, what lets somebody in
// should not come back, and what waits for one person's eyes should be read by
// nobody else.
var leftOut = []string{"factor_trial", "fleeting_key", "name_word", "passkey_visit", "search_build", "search_fresh", "search_ids", "search_posting", "session", "password_link", "presence", "restore", "sign_in_step"}

const (
	dataFolder   = "data/"
	keyFolder    = "keys/"
	erasedFolder = "erased/"
	suffix       = ".age"
	nameFormat   = "20060102T150405Z"
)

// Source is what is backed up.
type Source struct {
	DB      *store.DB
	RootKey []byte // content of the root key's file; empty: it lies elsewhere
	Now     func() time.Time
	By      Signer
	// Dumped says that the rows are kept by PostgreSQL's own tools: the backup
	// is the keys and the files.
	Dumped bool
}

// Taken is a backup that was made.
type Taken struct {
	Name     string
	Rows     int64
	Files    int64 // that people sent and that this backup holds
	NewFiles int64 // of them, those that no backup before held

	segments []string
	chunks   int64
}

// Recipients reads public keys of age, one each.
func Recipients(keys []string) ([]age.Recipient, error) {
	if len(keys) == 0 {
		return nil, errors.New("a backup needs at least one public key (age1…) to encrypt to: make one with age-keygen and keep the identity away from this server")
	}
	all := make([]age.Recipient, len(keys))
	for i, k := range keys {
		one, err := age.ParseX25519Recipient(strings.TrimSpace(k))
		if err != nil {
			return nil, fmt.Errorf("the public key %q of the backup cannot be read: it begins with age1 (%w)", k, err)
		}
		all[i] = one
	}
	return all, nil
}

// Take makes a backup: files, keys and data of the same moment. The data file is
// written last: it is what makes a backup, and names what else it needs.
func Take(ctx context.Context, s Source, to Target, recipients []age.Recipient) (Taken, error) {
	name, err := freeName(ctx, to, s.Now().UTC())
	if err != nil {
		return Taken{}, err
	}
	t := Taken{Name: name}
	err = s.DB.Snapshot(ctx, func(ctx context.Context, r store.Reader) error {
		tables, err := store.Tables(ctx, r, s.DB.Engine())
		if err != nil {
			return err
		}
		schema, err := store.Schema(ctx, r)
		if err != nil {
			return fmt.Errorf("read the schema's version: %w", err)
		}
		head := Head{Name: t.Name, Engine: s.DB.Engine(), Schema: schema}
		var keys, data []store.Table
		for _, table := range tables {
			switch {
			case slices.Contains(keyTables, table.Name):
				keys = append(keys, table)
			case table.Name == chunkTable: // in segments
			case !slices.Contains(leftOut, table.Name):
				data = append(data, table)
			}
		}
		if err := t.files(ctx, r, to, recipients, s.By, head); err != nil {
			return fmt.Errorf("back up the files: %w", err)
		}
		head.Part = "keys"
		if _, err := put(ctx, r, to, keyFolder+t.Name+suffix, recipients, s.By, head, keys, func(out *writer) error {
			out.end.Segments, out.end.Chunks = t.segments, t.chunks
			if len(s.RootKey) == 0 {
				return nil
			}
			return out.file("root.key", s.RootKey)
		}); err != nil {
			return fmt.Errorf("back up the keys: %w", err)
		}
		if s.Dumped {
			return nil
		}
		head.Part = "data"
		t.Rows, err = put(ctx, r, to, dataFolder+t.Name+suffix, recipients, s.By, head, data, func(out *writer) error {
			out.end.Segments, out.end.Chunks = t.segments, t.chunks
			return nil
		})
		if err != nil {
			return fmt.Errorf("back up the data: %w", err)
		}
		return nil
	})
	return t, err
}

// freeName names a backup by its second, or by the next that no backup has: one
// never overwrites another.
func freeName(ctx context.Context, to Target, at time.Time) (string, error) {
	taken := map[string]bool{}
	for _, folder := range []string{filesFolder, keyFolder, dataFolder} {
		names, err := to.List(ctx, folder)
		if err != nil {
			return "", err
		}
		for _, n := range names {
			of, _, _ := strings.Cut(strings.TrimPrefix(n, folder), ".")
			taken[of] = true
		}
	}
	for ; ; at = at.Add(time.Second) {
		if name := at.Format(nameFormat); !taken[name] {
			return name, nil
		}
	}
}

// put writes one file of tables.
func put(ctx context.Context, r store.Reader, to Target, name string, recipients []age.Recipient, by Signer, h Head, tables []store.Table, before func(*writer) error) (rows int64, err error) {
	err = seal(ctx, to, name, recipients, by, h, func(out *writer) error {
		if err := before(out); err != nil {
			return err
		}
		for _, t := range tables {
			if err := out.table(t); err != nil {
				return err
			}
			if err := dumpRows(ctx, r, out, t, ""); err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
			rows += out.end.Rows[t.Name]
		}
		return nil
	})
	return rows, err
}

// seal writes one encrypted and signed file.
func seal(ctx context.Context, to Target, name string, recipients []age.Recipient, by Signer, h Head, write func(*writer) error) error {
	return to.Put(ctx, name, func(w io.Writer) error {
		sealed, err := age.Encrypt(w, recipients...)
		if err != nil {
			return err
		}
		out, err := newWriter(sealed, by, h)
		if err != nil {
			return err
		}
		if err := write(out); err != nil {
			return err
		}
		return errors.Join(out.close(), sealed.Close())
	})
}

// dumpRows writes rows of a table.
func dumpRows(ctx context.Context, r store.Reader, out *writer, t store.Table, where string, args ...any) error {
	rows, err := r.Query(ctx, "SELECT "+columnList(t)+" FROM "+t.Name+where, args...) //nolint:gosec // names from the schema
	if err != nil {
		return err
	}
	defer rows.Close()
	cells := make([]any, len(t.Columns))
	into := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		into[i] = cell(c.Kind)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i := range into {
			cells[i] = content(into[i])
		}
		if err := out.row(t.Name, cells); err != nil {
			return err
		}
	}
	return rows.Err()
}

func columnList(t store.Table) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

func cell(k store.Kind) any {
	switch k {
	case store.Int:
		return new(sql.NullInt64)
	case store.Text:
		return new(sql.NullString)
	case store.Bool:
		return new(sql.NullBool)
	default:
		return new(nullBytes)
	}
}

// nullBytes tells bytes that are not there from bytes that are empty.
type nullBytes struct {
	pii.Personal
	bytes []byte
	valid bool
}

// Scan reads a cell.
func (n *nullBytes) Scan(from any) error {
	raw, is := from.([]byte)
	if from != nil && !is {
		return fmt.Errorf("bytes are stored as bytes, not as %T", from)
	}
	n.bytes, n.valid = append([]byte{}, raw...), is
	return nil
}

// content is the value in a cell; nil if there is none.
func content(cell any) any {
	switch c := cell.(type) {
	case *sql.NullInt64:
		if c.Valid {
			return c.Int64
		}
	case *sql.NullString:
		if c.Valid {
			return c.String
		}
	case *sql.NullBool:
		if c.Valid {
			return c.Bool
		}
	case *nullBytes:
		if c.valid {
			return c.bytes
		}
	}
	return nil
}

// Retention says how long backups are kept.
type Retention struct {
	Data time.Duration
	Keys time.Duration
}

// DefaultRetention keeps key files for 30 days, as long as a destroyed key may
// lie anywhere.
var DefaultRetention = Retention{Data: 35 * 24 * time.Hour, Keys: 30 * 24 * time.Hour}

// abandoned is for how long a file must not have been written to, to be what a
// killed process left.
const abandoned = 24 * time.Hour

// Expire deletes backups that are older than they may be, but never the newest
// of each, and what a killed process left. Markers of erasures go when no key file is older than they are.
func Expire(ctx context.Context, to Target, keep Retention, now time.Time) error {
	if f, ok := to.(Folder); ok {
		for _, folder := range []string{dataFolder, keyFolder, filesFolder, erasedFolder, verifiedFolder, journalFolder} {
			if err := f.sweep(ctx, folder, now.Add(-abandoned)); err != nil {
				return err
			}
		}
	}
	for folder, age := range map[string]time.Duration{dataFolder: keep.Data, keyFolder: keep.Keys} {
		names, err := to.List(ctx, folder)
		if err != nil {
			return err
		}
		slices.Sort(names)
		for i, name := range names {
			at, err := time.Parse(nameFormat, strings.TrimSuffix(strings.TrimPrefix(name, folder), suffix))
			if err != nil || i == len(names)-1 || now.Sub(at) < age {
				continue
			}
			if err := to.Delete(ctx, name); err != nil {
				return err
			}
		}
	}
	if err := expireFiles(ctx, to, now); err != nil {
		return err
	}
	if err := expireJournal(ctx, to); err != nil {
		return err
	}
	markers, err := Markers(ctx, to)
	if err != nil {
		return err
	}
	oldest, err := oldestKeys(ctx, to)
	if err != nil || oldest.IsZero() {
		return err
	}
	for _, m := range markers {
		if m.At.Before(oldest) {
			if err := to.Delete(ctx, m.name()); err != nil {
				return err
			}
		}
	}
	return nil
}

func oldestKeys(ctx context.Context, to Target) (time.Time, error) {
	names, err := to.List(ctx, keyFolder)
	if err != nil || len(names) == 0 {
		return time.Time{}, err
	}
	return time.Parse(nameFormat, strings.TrimSuffix(strings.TrimPrefix(slices.Min(names), keyFolder), suffix))
}
