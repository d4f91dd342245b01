package backup

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"filippo.io/age"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// The errors that a caller branches on.
var (
	ErrNone     = errors.New("there is no backup in this place")
	ErrNotEmpty = errors.New("the database is not empty: restore into a new one, so that nothing is overwritten")
	// ErrUnfinished: a restore was broken off; nothing may run on its half.
	ErrUnfinished = errors.New("a restore into this database was broken off: run it again, it begins anew")

	errLocked = errors.New("the backup cannot be decrypted: is this the right identity?")
)

// restoreBatch bounds the rows of one transaction, and restoreBytes their size.
const (
	restoreBatch = 500
	restoreBytes = 8 << 20
)

// From names what to restore.
type From struct {
	Target     Target
	Identities []age.Identity
	Name       string // of the backup; empty: the newest
	// Installations are the fingerprints of those that may have made the
	// backup. Unchecked takes one whoever made it.
	Installations []string
	Unchecked     bool
}

// Loaded is what a restore has loaded.
type Loaded struct {
	pii.Personal
	Name    string // of the data
	Keys    string // of the key file
	Rows    map[string]int64
	RootKey []byte // empty: it was not in the backup
	Markers []Marker
	Journal Journal
	Unknown int // subjects of the journal that the backup does not hold
	// NotObeyed are files that this installation did not put there, or that are
	// damaged: markers of erasures, and key files newer than the one used.
	NotObeyed []string

	by ed25519.PublicKey // whose backup it is
}

// Fill fills the empty database of an installation from a backup: [Load], or
// [Complete] where PostgreSQL's own tools have loaded the rows.
type Fill func(ctx context.Context, db *store.DB, from From, now time.Time) (Loaded, error)

// Load loads a backup into an empty, migrated database: the data of the moment
// asked for, and the newest keys. Broken off at any moment it can be run again.
// It ends unfinished: the caller erases again whom the markers name and then
// calls Finish.
func Load(ctx context.Context, db *store.DB, from From, now time.Time) (Loaded, error) {
	var l Loaded
	names, err := Names(ctx, from.Target)
	if err != nil {
		return l, err
	}
	if l.Name = from.Name; l.Name == "" && len(names) > 0 {
		l.Name = names[0]
	}
	if !slices.Contains(names, l.Name) {
		return l, fmt.Errorf("%w (%s)", ErrNone, l.Name)
	}
	if err := l.keys(ctx, from); err != nil {
		return l, err
	}
	if _, err := from.whose(ctx, dataFolder+l.Name+suffix); err != nil {
		return l, err
	}
	if err := begin(ctx, db, l.Name, now); err != nil {
		return l, err
	}
	l.Rows = map[string]int64{}
	var end End
	for _, name := range []string{l.Keys, dataFolder + l.Name + suffix} {
		if end, err = l.load(ctx, db, from, name); err != nil {
			return l, fmt.Errorf("restore %s: %w", name, err)
		}
	}
	if err := l.files(ctx, db, from, end); err != nil {
		return l, err
	}
	return l, errors.Join(l.giveBack(ctx, db, from), l.journal(ctx, from))
}

// giveBack hands each key to the owner that it had when the data file was
// written: two people who were merged since then are two in the restored data.
func (l *Loaded) giveBack(ctx context.Context, db *store.DB, from From) error {
	name := keyFolder + l.Name + suffix
	names, err := from.Target.List(ctx, keyFolder)
	if err != nil || name == l.Keys || !slices.Contains(names, name) {
		return err
	}
	in := &loading{db: db, put: func(ctx context.Context, tx store.Tx, rows [][]any) error {
		given := make([]vault.Given, len(rows))
		for i, row := range rows {
			if err := errors.Join(given[i].Owner.Scan(row[0]), given[i].Org.Scan(row[1]), given[i].Key.Scan(row[2])); err != nil {
				return err
			}
		}
		return vault.Give(ctx, tx, given)
	}}
	_, err = open(ctx, from, name, reading{row: func(t store.Table, values []any) error {
		if t.Name != "data_key" {
			return nil
		}
		at := func(column string) any {
			return values[slices.IndexFunc(t.Columns, func(c store.Column) bool { return c.Name == column })]
		}
		return in.add(ctx, []any{at("owner_id"), at("org_id"), at("id")})
	}})
	if err != nil {
		return fmt.Errorf("read whose keys they were: %w", err)
	}
	return in.flush(ctx)
}

func (l *Loaded) load(ctx context.Context, db *store.DB, from From, name string) (End, error) {
	schema, err := store.Schema(ctx, db)
	if err != nil {
		return End{}, err
	}
	here, err := store.Tables(ctx, db, db.Engine())
	if err != nil {
		return End{}, err
	}
	in := &loading{db: db}
	end, err := open(ctx, from, name, reading{
		head: func(h Head) error {
			if h.Schema > schema {
				return fmt.Errorf("the backup was made by a newer Einklang (schema %d, here %d): restore with that version", h.Schema, schema)
			}
			return nil
		},
		table: func(t store.Table) error {
			if err := known(here, t); err != nil {
				return err
			}
			return in.begin(ctx, t)
		},
		row:  func(_ store.Table, values []any) error { return in.add(ctx, values) },
		file: func(_ string, content []byte) error { l.RootKey = content; return nil },
	})
	if err != nil {
		return end, err
	}
	for table, n := range end.Rows {
		l.Rows[table] = n
	}
	return end, in.flush(ctx)
}

// known refuses tables and columns that the schema here does not have.
func known(here []store.Table, t store.Table) error {
	at := slices.IndexFunc(here, func(x store.Table) bool { return x.Name == t.Name })
	if at < 0 {
		return fmt.Errorf("the backup holds the table %s, which this version does not know", t.Name)
	}
	for _, c := range t.Columns {
		if !slices.ContainsFunc(here[at].Columns, func(x store.Column) bool { return x.Name == c.Name }) {
			return fmt.Errorf("the backup holds the column %s of %s, which this version does not know", c.Name, t.Name)
		}
	}
	return nil
}

// open decrypts a file and reads it, if it is from where the caller expects it.
func open(ctx context.Context, from From, name string, to reading) (End, error) {
	file, err := from.Target.Open(ctx, name)
	if err != nil {
		return End{}, err
	}
	defer func() { _ = file.Close() }()
	plain, err := age.Decrypt(file, from.Identities...)
	if err != nil {
		return End{}, fmt.Errorf("%w (%w)", errLocked, err)
	}
	head := to.head
	to.head = func(h Head) error {
		err := from.check(name, h)
		if err == nil && head != nil {
			err = head(h)
		}
		return err
	}
	return read(plain, to)
}

// loading inserts rows in batches.
type loading struct {
	db    *store.DB
	put   func(ctx context.Context, tx store.Tx, rows [][]any) error
	rows  [][]any
	bytes int
}

func (l *loading) begin(ctx context.Context, t store.Table) error {
	if err := l.flush(ctx); err != nil {
		return err
	}
	into := store.Insert{Into: t.Name + " (" + columnList(t) + ")"}
	l.put = func(ctx context.Context, tx store.Tx, rows [][]any) error { return tx.InsertMany(ctx, into, rows) }
	return nil
}

func (l *loading) add(ctx context.Context, values []any) error {
	l.rows = append(l.rows, values)
	for _, v := range values {
		if b, ok := v.([]byte); ok {
			l.bytes += len(b)
		}
	}
	if len(l.rows) >= restoreBatch || l.bytes >= restoreBytes {
		return l.flush(ctx)
	}
	return nil
}

func (l *loading) flush(ctx context.Context) error {
	if len(l.rows) == 0 {
		return nil
	}
	err := l.db.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
		return l.put(ctx, tx, l.rows)
	})
	l.rows, l.bytes = nil, 0
	return err
}

// Unfinished reports whether a restore into this database was broken off.
func Unfinished(ctx context.Context, r store.Reader) (bool, error) {
	var n int64
	err := r.QueryRow(ctx, "SELECT COUNT(*) FROM restore WHERE finished_at = 0").Scan(&n)
	return n > 0, err
}

// begin marks the database as being restored, and empties it of what a restore
// that was broken off has left.
func begin(ctx context.Context, db *store.DB, name string, now time.Time) error {
	again, err := Unfinished(ctx, db)
	if err != nil {
		return err
	}
	if !again {
		return db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			for _, table := range []string{"org_key", "org"} {
				used, err := filled(ctx, tx, table)
				if err != nil {
					return err
				}
				if used {
					return ErrNotEmpty
				}
			}
			_, err := tx.Exec(ctx, "INSERT INTO restore (id, data, started_at, finished_at) VALUES (?, ?, ?, 0)", id.System().New(), name, store.Micros(now))
			return err
		})
	}
	tables, err := store.Tables(ctx, db, db.Engine())
	if err != nil {
		return err
	}
	return db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, t := range tables {
			if t.Name == "restore" {
				continue
			}
			if _, err := tx.Exec(ctx, "DELETE FROM "+t.Name); err != nil { //nolint:gosec // names from the schema
				return fmt.Errorf("empty %s: %w", t.Name, err)
			}
		}
		_, err := tx.Exec(ctx, "UPDATE restore SET data = ? WHERE finished_at = 0", name)
		return err
	})
}

// Finish notes that a restore is complete.
func Finish(ctx context.Context, db *store.DB, now time.Time) error {
	return db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE restore SET finished_at = ? WHERE finished_at = 0", store.Micros(now))
		return err
	})
}

// ReadIdentities reads identities of age from a file as age-keygen writes it.
func ReadIdentities(r io.Reader) ([]age.Identity, error) {
	all, err := age.ParseIdentities(r)
	if err != nil {
		return nil, fmt.Errorf("the file with the identity cannot be read: it holds a line AGE-SECRET-KEY-1… (%w)", err)
	}
	return all, nil
}
