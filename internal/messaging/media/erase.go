package media

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Bounds of one bite of Erase: about 16 MB of chunks.
const (
	eraseChunks = 64
	eraseFiles  = 64
)

// Erase deletes some of a person's files and says how many, and whether more
// are left.
func (s *Shelf) Erase(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) (n int64, more bool, err error) {
	chunks := 0
	for n < eraseFiles {
		var file id.File
		err := tx.QueryRow(ctx, "SELECT id FROM media WHERE org_id = ? AND contact_id = ? LIMIT 1", org, contact).Scan(&file)
		if errors.Is(err, store.ErrNoRows) {
			return n, false, nil
		}
		if err != nil {
			return n, false, fmt.Errorf("erase files: %w", err)
		}
		parts, err := store.Collect(ctx, tx, func(row store.Row) ([]any, error) {
			var at int64
			err := row.Scan(&at)
			return []any{org, file, at}, err
		}, "SELECT n FROM media_chunk WHERE org_id = ? AND media_id = ? LIMIT ?", org, file, int64(eraseChunks-chunks))
		if err != nil {
			return n, false, fmt.Errorf("erase files: %w", err)
		}
		if err := tx.DeleteMany(ctx, store.Delete{From: "media_chunk", Where: "org_id = ? AND media_id = ? AND n = ?"}, parts); err != nil {
			return n, false, fmt.Errorf("erase files: %w", err)
		}
		if chunks += len(parts); chunks == eraseChunks {
			return n, true, nil // there may be more of this file
		}
		if _, err := tx.Exec(ctx, "DELETE FROM media WHERE org_id = ? AND id = ?", org, file); err != nil {
			return n, false, fmt.Errorf("erase files: %w", err)
		}
		n++
	}
	return n, true, nil
}

// CountOf counts the files of a person.
func (s *Shelf) CountOf(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (int64, error) {
	var n int64
	err := r.QueryRow(ctx, "SELECT COUNT(*) FROM media WHERE org_id = ? AND contact_id = ?", org, contact).Scan(&n)
	return n, err
}

// Merge gives the files of a person to the person she turned out to be.
func (s *Shelf) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if _, err := tx.Exec(ctx, "UPDATE media SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from); err != nil {
		return fmt.Errorf("merge files: %w", err)
	}
	return nil
}

// CountFor counts the files of messages.
func (s *Shelf) CountFor(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (n int64, err error) {
	counts, err := store.CollectIn(ctx, r, store.One[int64],
		"SELECT COUNT(*) FROM media WHERE org_id = ? AND message_id IN (?)", messages, org)
	for _, some := range counts {
		n += some
	}
	return n, err
}

// Revoke deletes the file of a message that its sender deleted for everyone.
func (s *Shelf) Revoke(ctx context.Context, tx store.Tx, org id.Org, message id.Message) error {
	if _, err := tx.Exec(ctx, "DELETE FROM media_chunk WHERE org_id = ? AND media_id IN (SELECT id FROM media WHERE org_id = ? AND message_id = ?)", org, org, message); err != nil {
		return fmt.Errorf("delete a revoked file: %w", err)
	}
	if _, err := tx.Exec(ctx, "UPDATE media SET state = 'gone', reason = 'revoked', detail = ? WHERE org_id = ? AND message_id = ?", []byte{}, org, message); err != nil {
		return fmt.Errorf("delete a revoked file: %w", err)
	}
	return nil
}
