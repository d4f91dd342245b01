package search

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

const (
	// segmentSize is how many messages one segment holds: few enough that the
	// rows not yet folded are read quickly, enough that there are few segments.
	segmentSize = 8192
	shards      = 256
	postingSize = tokenSize - 1 + 2
	partSize    = 256 // messages in a row of search_ids
)

// freshRow is a row of search_fresh.
type freshRow struct {
	id      id.Segment
	message id.Message
	tokens  []byte
}

func scanFresh(row store.Row) (freshRow, error) {
	var f freshRow
	return f, row.Scan(&f.id, &f.message, &f.tokens)
}

// errMoved means that the rows to fold have changed meanwhile.
var errMoved = errors.New("the rows to fold have changed")

// fold makes a segment of the oldest fresh rows if there are enough, and says
// whether more may follow. It reads and sorts before it begins to write, so
// that nobody who writes waits for it. Several nodes may fold at once: one of
// them finds its rows gone and leaves it at that.
func (x *Index) fold(ctx context.Context, org id.Org, size int) (more bool, err error) {
	rows, err := store.Collect(ctx, x.DB, scanFresh, "SELECT id, message_id, tokens FROM search_fresh WHERE org_id = ? ORDER BY id LIMIT ?", org, int64(size))
	if err != nil || len(rows) < size {
		return false, err
	}
	first, last := rows[0].id, rows[len(rows)-1].id
	ids, postings := build(rows)
	err = x.DB.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM search_fresh WHERE org_id = ? AND id >= ? AND id <= ?", org, first, last)
		if err != nil {
			return err
		}
		if n != int64(len(rows)) {
			return errMoved
		}
		if err := tx.InsertMany(ctx, store.Insert{Into: "search_ids (org_id, segment_id, part, first_id, last_id, ids)"}, idRows(org, last, ids)); err != nil {
			return err
		}
		var shardRows [][]any
		for shard, flat := range postings {
			if len(flat) > 0 {
				shardRows = append(shardRows, []any{org, int64(shard), last, flat})
			}
		}
		err = tx.InsertMany(ctx, store.Insert{Into: "search_posting (org_id, shard, segment_id, postings)"}, shardRows)
		return err
	})
	if errors.Is(err, errMoved) {
		return false, nil
	}
	return err == nil, err
}

// build sorts the rows of a segment: its messages by id, and for each shard
// the postings by hash.
func build(rows []freshRow) (ids []id.Message, postings [shards][]byte) {
	slices.SortFunc(rows, func(a, b freshRow) int { return bytes.Compare(a.message[:], b.message[:]) })
	var sorted [shards][][postingSize]byte
	for place, row := range rows {
		ids = append(ids, row.message)
		for at := 0; at+tokenSize <= len(row.tokens); at += tokenSize {
			var p [postingSize]byte
			copy(p[:], row.tokens[at+1:at+tokenSize])
			binary.BigEndian.PutUint16(p[tokenSize-1:], uint16(place)) //nolint:gosec // below segmentSize
			shard := row.tokens[at]
			sorted[shard] = append(sorted[shard], p)
		}
	}
	for shard := range sorted {
		slices.SortFunc(sorted[shard], func(a, b [postingSize]byte) int { return bytes.Compare(a[:], b[:]) })
		flat := make([]byte, 0, len(sorted[shard])*postingSize)
		for _, p := range sorted[shard] {
			flat = append(flat, p[:]...)
		}
		postings[shard] = flat
	}
	return ids, postings
}

func idRows(org id.Org, segment id.Segment, ids []id.Message) [][]any {
	var rows [][]any
	for part := 0; part*partSize < len(ids); part++ {
		chunk := ids[part*partSize : min(len(ids), (part+1)*partSize)]
		flat := make([]byte, 0, len(chunk)*16)
		for _, one := range chunk {
			flat = append(flat, one[:]...)
		}
		rows = append(rows, []any{org, segment, int64(part), chunk[0], chunk[len(chunk)-1], flat})
	}
	return rows
}

// places are the messages of a segment, by their place in it, that hold a
// token.
func places(flat []byte, t token) []uint16 {
	var all []uint16
	for at := lowerBound(flat, postingSize, t[1:]); at < len(flat)/postingSize; at++ {
		p := flat[at*postingSize : (at+1)*postingSize]
		if !bytes.Equal(p[:tokenSize-1], t[1:]) {
			break
		}
		all = append(all, binary.BigEndian.Uint16(p[tokenSize-1:]))
	}
	return all
}

// both are the places in two sorted lists.
func both(a, b []uint16) []uint16 {
	var all []uint16
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			all = append(all, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return all
}

// blank overwrites a message's id in its segment with zeros. What remains of
// it there are hashes that point to nothing.
func (x *Index) blank(ctx context.Context, tx store.Tx, org id.Org, message id.Message) error {
	found, err := partsWith(ctx, tx, org, message)
	if err != nil {
		return err
	}
	for _, p := range found {
		if _, err := tx.Exec(ctx, "UPDATE search_ids SET ids = ? WHERE org_id = ? AND segment_id = ? AND part = ?", p.ids, org, p.segment, p.n); err != nil {
			return err
		}
	}
	return nil
}

// part is a row of search_ids.
type part struct {
	segment id.Segment
	n       int64
	ids     []byte
}

// partsWith are the parts of segments that hold a message, blanked there: one, and
// one more for each edit. The ranges of parts hardly overlap, but for messages that
// were indexed long after they came.
func partsWith(ctx context.Context, r store.Reader, org id.Org, message id.Message) (all []part, err error) {
	rows, err := r.Query(ctx, "SELECT segment_id, part, ids FROM search_ids WHERE org_id = ? AND last_id >= ? AND first_id <= ? ORDER BY last_id", org, message, message)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p part
		if err := rows.Scan(&p.segment, &p.n, &p.ids); err != nil {
			return nil, err
		}
		for at := 0; at+16 <= len(p.ids); at += 16 {
			if bytes.Equal(p.ids[at:at+16], message[:]) {
				clear(p.ids[at : at+16])
				all = append(all, p)
				break
			}
		}
	}
	return all, rows.Err()
}
