package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	_ "github.com/jackc/pgx/v5/stdlib" // goose wants database/sql
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Steps is a fingerprint of the steps that make the schema: it changes when one
// of them does.
func Steps() string {
	sum := sha256.New()
	_ = fs.WalkDir(migrations, ".", func(path string, d fs.DirEntry, _ error) error {
		text, err := migrations.ReadFile(path)
		if err == nil {
			fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		}
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// The writing connection belongs to the group commit, so goose gets one of its
// own.
func (e *liteEngine) migrate(ctx context.Context) error {
	db, err := sql.Open("sqlite", liteURL(e.path, "synchronous(full)"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	to, err := provider(goose.DialectSQLite3, db)
	if err != nil {
		return err
	}
	if err := known(ctx, to, db); err != nil {
		return err
	}
	// A trigger that names a column keeps a migration from changing it; the
	// checks come back after it (see DB.Check).
	if pending, err := to.HasPending(ctx); err != nil {
		return err
	} else if pending {
		if err := e.check(ctx, slog.New(slog.DiscardHandler), nil); err != nil {
			return err
		}
	}
	_, err = to.Up(ctx)
	return err
}

func (e *pgEngine) migrate(ctx context.Context) error {
	db, err := sql.Open("pgx", e.url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	to, err := provider(goose.DialectPostgres, db, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	if err := known(ctx, to, db); err != nil {
		return err
	}
	if _, err := to.Up(ctx); err != nil {
		return err
	}
	if err := numberRows(ctx, db, "message", "wrote"); err != nil {
		return err
	}
	// A message and its place in the queue change their state several times. In
	// a page with room, PostgreSQL writes the new row beside the old one and no
	// index (postgresql.org/docs/current/storage-hot.html).
	_, err = db.ExecContext(ctx, "ALTER TABLE message SET (fillfactor = 85); ALTER TABLE outbox SET (fillfactor = 70)")
	return err
}

// ErrNewer says that a newer version of the program has changed the database.
var ErrNewer = errors.New("a newer version of Einklang has used this database: this one does not know all that is in it, and would pass over it. " +
	"Start the newer version, or restore a backup that this one has made into an empty database")

// known refuses a database with steps that this version does not have.
func known(ctx context.Context, to *goose.Provider, db *sql.DB) error {
	if _, err := to.GetDBVersion(ctx); err != nil { // makes the list of steps if there is none
		return err
	}
	ours := map[int64]bool{0: true}
	for _, s := range to.ListSources() {
		ours[s.Version] = true
	}
	rows, err := db.QueryContext(ctx, "SELECT version_id FROM goose_db_version")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return err
		}
		if !ours[version] {
			return fmt.Errorf("%w (step %d)", ErrNewer, version)
		}
	}
	return rows.Err()
}

func provider(dialect goose.Dialect, db *sql.DB, options ...goose.ProviderOption) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	// Each area has numbers of its own, so a later version may bring a lower one.
	options = append(options, goose.WithAllowOutofOrder(true))
	return goose.NewProvider(dialect, db, files, options...)
}
