package store

import (
	"context"
	"errors"
	"fmt"
)

// errBusy is returned while a reader keeps an old state of the database.
var errBusy = errors.New("the database still serves a reader that sees the old state: try again")

// Scrub makes the database overwrite what deleted and changed rows have left
// behind, so that it cannot be found in its files.
//
// SQLite overwrites freed pages by itself (PRAGMA secure_delete); here the
// write-ahead log is written back and emptied. PostgreSQL keeps old rows until
// VACUUM, and the bytes of old rows until their place is used again; therefore
// the one table whose old bytes would undo an erasure, the data keys, is
// written anew. Old segments of PostgreSQL's own write-ahead log go when they
// are recycled.
func (db *DB) Scrub(ctx context.Context) error {
	turn := func(ctx context.Context) error {
		return db.Write(ctx, func(context.Context, Tx) error { return nil })
	}
	if err := db.engine.scrub(ctx, turn); err != nil {
		return fmt.Errorf("clean the database's files: %w", db.explain(err))
	}
	return nil
}

func (e *liteEngine) scrub(ctx context.Context, turn func(context.Context) error) error {
	emptied, err := e.checkpoints.empty(ctx, turn)
	if err == nil && !emptied {
		err = errBusy
	}
	return err
}

// vacuum cleans the tables that hold sealed data about people.
const vacuum = `VACUUM contact, identity, name_word, message, media, media_chunk, payload, early, reaction, conversation,
	consent_event, kept_item, erasure`

func (e *pgEngine) scrub(ctx context.Context, _ func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, cleanWithin)
	defer cancel()
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	defer func() {
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectWithin)
		defer cancel()
		_, _ = conn.Exec(soon, "RESET lock_timeout")
	}()
	// VACUUM FULL waits for a lock that stops all use of the keys meanwhile,
	// so it gives up soon and is tried again later.
	for _, statement := range []string{"SET lock_timeout = '2s'", vacuum, "VACUUM FULL data_key"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
