package media

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// retainFiles is how many files one bite of Retain looks at.
const retainFiles = 64

// Kept tells which messages stand in conversations that are kept as letters or
// vouchers, or that a legal hold keeps.
type Kept = func(ctx context.Context, r store.Reader, org id.Org, messages []id.Message, held map[id.ID]bool) (map[id.Message]bool, error)

// Retain deletes the content of files that came before a moment, from after on,
// and says how many. The zero id ends it. Files of conversations that are kept
// as letters or vouchers, and of people or conversations that a legal hold
// keeps, stay. What is
// left of a file is that there was one.
func (s *Shelf) Retain(ctx context.Context, tx store.Tx, org id.Org, before time.Time, kept Kept, held map[id.ID]bool, dry bool, after id.Cursor) (n int64, next id.Cursor, err error) {
	type file struct {
		id      id.Cursor
		contact id.Person
		message id.Message
	}
	files, err := store.Collect(ctx, tx, func(row store.Row) (f file, err error) { return f, row.Scan(&f.id, &f.contact, &f.message) },
		"SELECT id, contact_id, message_id FROM media WHERE org_id = ? AND id > ? AND state <> 'gone' AND created_at < ? ORDER BY id LIMIT ?", org, after[:], store.Micros(before), int64(retainFiles))
	if err != nil {
		return 0, next, fmt.Errorf("look for files that are due: %w", err)
	}
	messages := make([]id.Message, len(files))
	for i, f := range files {
		messages[i] = f.message
	}
	stay, err := kept(ctx, tx, org, messages, held)
	if err != nil {
		return 0, next, err
	}
	var due []id.Cursor
	for _, f := range files {
		if !stay[f.message] && !held[id.ID(f.contact)] {
			due = append(due, f.id)
		}
	}
	if len(files) == retainFiles {
		next = files[len(files)-1].id
	}
	if dry {
		return int64(len(due)), next, nil
	}
	return int64(len(due)), next, s.empty(ctx, tx, org, due)
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

// Delete deletes the files of messages that are deleted.
func (s *Shelf) Delete(ctx context.Context, tx store.Tx, org id.Org, messages []id.Message) error {
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
