package store

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"

	_ "github.com/jackc/pgx/v5/stdlib" // goose wants database/sql
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The writing connection belongs to the group commit, so goose gets one of its
// own.
func (e *liteEngine) migrate(ctx context.Context) error {
	db, err := sql.Open("sqlite", liteURL(e.path, "synchronous(full)"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	return up(ctx, goose.DialectSQLite3, db)
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
	if err := up(ctx, goose.DialectPostgres, db, goose.WithSessionLocker(locker)); err != nil {
		return err
	}
	// A message and its place in the queue change their state several times. In
	// a page with room, PostgreSQL writes the new row beside the old one and no
	// index (postgresql.org/docs/current/storage-hot.html).
	_, err = db.ExecContext(ctx, "ALTER TABLE message SET (fillfactor = 85); ALTER TABLE outbox SET (fillfactor = 70)")
	return err
}

func up(ctx context.Context, dialect goose.Dialect, db *sql.DB, options ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	// Each area has numbers of its own, so a later version may bring a lower one.
	options = append(options, goose.WithAllowOutofOrder(true))
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
