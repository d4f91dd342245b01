package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/messaging/media"
	"einklang/internal/rule/id"
)

// ErrNoDump says that there is nothing to complete.
var ErrNoDump = errors.New("the database holds no organisation, or holds keys already: load the dump first, taken without the tables data_key, org_key and media_chunk")

// ErrKeyless tells that nothing may run on rows that nobody can read.
var ErrKeyless = errors.New("the database holds an organisation without keys: complete it with einklang restore --dumped")

// Keyless reports whether a dump was loaded without its keys.
func Keyless(ctx context.Context, r store.Reader) (bool, error) {
	return without(ctx, r, "org_key")
}

// without reports whether there is an organisation, and no row in a table of
// keys.
func without(ctx context.Context, r store.Reader, keys string) (bool, error) {
	founded, err := filled(ctx, r, "org")
	if err != nil || !founded {
		return false, err
	}
	has, err := filled(ctx, r, keys)
	return !has, err
}

// filled reports whether a table has rows. A backup takes tables as they are:
// it knows their names, and nothing of what their rows say.
func filled(ctx context.Context, r store.Reader, table string) (has bool, err error) {
	err = r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM "+table+")").Scan(&has) //nolint:gosec // names of ours
	return has, err
}

// partTables are those that a dump leaves out, because they lie in the key file
// and in the segments.
var partTables = append(slices.Clone(keyTables), chunkTable)

// Complete adds the newest keys, and the files, to a database whose rows
// PostgreSQL's own tools have loaded. Like Load it ends unfinished, and can be
// run again.
func Complete(ctx context.Context, db *store.DB, from From, now time.Time) (Loaded, error) {
	l := Loaded{Rows: map[string]int64{}}
	if err := l.keys(ctx, from); err != nil {
		return l, err
	}
	l.Name = strings.TrimSuffix(strings.TrimPrefix(l.Keys, keyFolder), suffix)
	if err := beginDumped(ctx, db, l.Name, now); err != nil {
		return l, err
	}
	end, err := l.load(ctx, db, from, l.Keys)
	if err != nil {
		return l, fmt.Errorf("restore %s: %w", l.Keys, err)
	}
	needed, err := l.needed(ctx, from, end)
	if err != nil {
		return l, err
	}
	held, _, err := heldFiles(ctx, db)
	if err != nil {
		return l, err
	}
	wanted := make(map[fileID]bool, len(held))
	for _, f := range held {
		wanted[f] = true
	}
	if l.Rows[chunkTable], err = load(ctx, db, from, needed, wanted); err != nil {
		return l, err
	}
	places := make([]media.Place, len(held))
	for i, f := range held {
		places[i] = f.place()
	}
	return l, errors.Join(media.Lost(ctx, db, places), l.journal(ctx, from)) // deleted between the dump and the backup of the files
}

// needed are the segments that the key file names. A key file from before they
// were signed names none; then the list beside it does.
func (l *Loaded) needed(ctx context.Context, from From, end End) ([]string, error) {
	if end.Segments != nil || !from.Unchecked {
		return end.Segments, nil
	}
	listed := map[string]bool{}
	if err := readList(ctx, from.Target, filesFolder+l.Name+listSuffix, listed); err != nil {
		return nil, err
	}
	delete(listed, listHead)
	return slices.Sorted(maps.Keys(listed)), nil
}

// beginDumped marks the database as being restored, and empties the tables that
// the dump leaves out.
func beginDumped(ctx context.Context, db *store.DB, name string, now time.Time) error {
	return db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		again, err := Unfinished(ctx, tx)
		if err != nil {
			return err
		}
		ready, err := without(ctx, tx, "data_key")
		if err != nil {
			return err
		}
		if !again && !ready {
			return ErrNoDump
		}
		for _, table := range partTables {
			if _, err := tx.Exec(ctx, "DELETE FROM "+table); err != nil { //nolint:gosec // names of ours
				return fmt.Errorf("empty %s: %w", table, err)
			}
		}
		if again {
			return nil
		}
		_, err = tx.Exec(ctx, "INSERT INTO restore (id, data, started_at, finished_at) VALUES (?, ?, ?, 0)", id.System().New(), name, store.Micros(now))
		return err
	})
}
