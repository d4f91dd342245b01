package media

import (
	"context"
	"fmt"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Chunks is the table of what files hold, which a backup takes as it is.
const Chunks = "media_chunk"

// Place names a file: whose it is, and which.
type Place struct {
	Org  id.Org
	File id.File
}

// Held lists the files that are here, and how many chunks they have in all. What
// is still on its way is not among them. A backup asks, before or after there is
// a [Shelf].
func Held(ctx context.Context, r store.Reader) (all []Place, chunks int64, err error) {
	all, err = store.Collect(ctx, r, func(row store.Row) (p Place, err error) {
		var n int64
		err = row.Scan(&p.Org, &p.File, &n)
		chunks += n
		return p, err
	}, "SELECT org_id, id, chunks FROM media WHERE state = 'held' ORDER BY org_id, id")
	return all, chunks, err
}

// lostBatch bounds the files of one transaction of Lost.
const lostBatch = 500

// Lost notes of those among some files whose content is not all here that they
// are gone.
func Lost(ctx context.Context, db *store.DB, files []Place) error {
	for some := range slices.Chunk(files, lostBatch) {
		rows := make([][]any, len(some))
		for i, f := range some {
			rows[i] = []any{f.Org, f.File}
		}
		err := db.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
			return tx.UpdateMany(ctx, store.Update{Table: "media", Set: "state = 'gone', chunks = 0", Where: "org_id = ? AND id = ? AND (SELECT COUNT(*) FROM media_chunk c WHERE c.org_id = media.org_id AND c.media_id = media.id) < chunks"}, rows)
		})
		if err != nil {
			return fmt.Errorf("note which files are gone: %w", err)
		}
	}
	return nil
}
