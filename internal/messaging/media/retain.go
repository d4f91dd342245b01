package media

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

// expireFiles is how many files one bite of ExpireClasses looks at.
const expireFiles = 64

// Kept tells which messages stand in conversations that are kept as letters or
// vouchers, or that a legal hold keeps.
type Kept = func(ctx context.Context, r store.Reader, org id.Org, messages []id.Message, held map[id.ID]bool) (map[id.Message]bool, error)

// StayWith has files stay as long as their messages must. Call it before the
// first ExpireClasses.
func (s *Shelf) StayWith(kept Kept) { s.kept = kept }

// ExpireClasses deletes the content of files whose period is over. Those of
// conversations that are kept as letters or vouchers, and of people or
// conversations that a legal hold keeps, stay. What is left of a file, until its
// message goes, is that there was one.
func (s *Shelf) ExpireClasses(ctx context.Context, tx store.Tx, org id.Org, o period.Orders, after id.Cursor, counts map[string]int64) (next id.Cursor, err error) {
	type file struct {
		id      id.Cursor
		contact id.Person
		message id.Message
	}
	files, err := store.Collect(ctx, tx, func(row store.Row) (f file, err error) { return f, row.Scan(&f.id, &f.contact, &f.message) },
		"SELECT id, contact_id, message_id FROM media WHERE org_id = ? AND id > ? AND state <> 'gone' AND created_at < ? ORDER BY id LIMIT ?", org, after[:], store.Micros(o.Before[period.Media]), int64(expireFiles))
	if err != nil {
		return next, fmt.Errorf("look for files that are due: %w", err)
	}
	messages := make([]id.Message, len(files))
	for i, f := range files {
		messages[i] = f.message
	}
	stay, err := s.kept(ctx, tx, org, messages, o.Held)
	if err != nil {
		return next, err
	}
	var due []id.Cursor
	for _, f := range files {
		if !stay[f.message] && !o.Held[id.ID(f.contact)] {
			due = append(due, f.id)
		}
	}
	if len(files) == expireFiles {
		next = files[len(files)-1].id
	}
	counts[period.Media] += int64(len(due))
	if o.Dry {
		return next, nil
	}
	return next, s.empty(ctx, tx, org, due)
}

// empty deletes the content of files.
func (s *Shelf) empty(ctx context.Context, tx store.Tx, org id.Org, files []id.Cursor) error {
	rows, gone := make([][]any, len(files)), make([][]any, len(files))
	for i, f := range files {
		rows[i], gone[i] = []any{org, f}, []any{[]byte{}, org, f}
	}
	if err := tx.DeleteMany(ctx, store.Delete{From: "media_chunk", Where: "org_id = ? AND media_id = ?"}, rows); err != nil {
		return fmt.Errorf("delete files: %w", err)
	}
	if err := tx.UpdateMany(ctx, store.Update{Table: "media", Set: "state = 'gone', chunks = 0, detail = ?", Where: "org_id = ? AND id = ?"}, gone); err != nil {
		return fmt.Errorf("delete files: %w", err)
	}
	return nil
}

// Place says of which message a file is that we saved; without one it is as
// old as it is. Of several that carry it, it is the newest's.
func (s *Shelf) Place(ctx context.Context, tx store.Tx, org id.Org, file id.File, message id.Message) error {
	_, err := tx.Exec(ctx, "UPDATE media SET message_id = ? WHERE org_id = ? AND id = ?", message, org, file)
	if err != nil {
		return fmt.Errorf("place a file: %w", err)
	}
	return nil
}

// DeleteOf deletes the files of messages that are deleted.
func (s *Shelf) DeleteOf(ctx context.Context, tx store.Tx, org id.Org, messages []id.Message) error {
	files, err := store.CollectIn(ctx, tx, store.One[id.ID],
		"SELECT id FROM media WHERE org_id = ? AND message_id IN (?)", messages, org)
	if err != nil || len(files) == 0 {
		return err
	}
	rows := make([][]any, len(files))
	for i, f := range files {
		rows[i] = []any{org, f}
	}
	for _, from := range []store.Delete{{From: "media_chunk", Where: "org_id = ? AND media_id = ?"}, {From: "media", Where: "org_id = ? AND id = ?"}} {
		if err := tx.DeleteMany(ctx, from, rows); err != nil {
			return fmt.Errorf("delete files: %w", err)
		}
	}
	return nil
}
