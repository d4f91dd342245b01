package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Rows is a room that keeps, row by row, what leaves prove. A row and its leaf
// have the same id.
type Rows interface {
	// Class is the class of retention after which its rows go; empty: they go by
	// a rule of their own, which Compare knows.
	Class() string
	// Proves reports whether the leaves of a kind have a row each.
	Proves(kind string) bool
	// Compare finds, of leaves that can be opened, those whose row is missing,
	// though its time is not over, and those whose row says something else.
	Compare(ctx context.Context, r store.Reader, org id.Org, leaves []Line, now time.Time) (missing, altered []id.Entry, err error)
	// Each goes through the ids of its rows, in any order.
	Each(ctx context.Context, r store.Reader, org id.Org, see func(id.Entry)) error
}

// Checked is what a check of a whole log has found.
type Checked struct {
	Report
	Fault    *Fault // nil: the log holds together
	Missing  int64  // leaves whose row was taken away
	Altered  int64  // rows that say something else than their leaf
	Unproven int64  // rows without a leaf
	Rows     int64  // that were compared
}

// Sound reports whether nothing is wrong.
func (c Checked) Sound() bool {
	return c.Fault == nil && c.Missing == 0 && c.Altered == 0 && c.Unproven == 0
}

// Check reads an organisation's whole log as [Verify] reads an export, together
// with the seals that were kept elsewhere, and then compares leaves and rows both
// ways: who takes a row away, changes it or adds one is found even if nothing was
// kept elsewhere. If pinned is not empty, the log must be signed with that key.
// It holds 16 bytes for each leaf that has a row.
func (l *Log) Check(ctx context.Context, db *store.DB, org id.Org, pinned string, kept []string, rooms []Rows, along store.Course) (c Checked, err error) {
	if c.Report, err = l.verifyAll(ctx, db, org, pinned, kept, along); err != nil && !errors.As(err, &c.Fault) {
		return c, fmt.Errorf("check the evidence log: %w", err)
	}
	err = db.Snapshot(ctx, func(ctx context.Context, r store.Reader) error {
		before, err := l.deletedBefore(ctx, r, org)
		if err != nil {
			return err
		}
		k := &comparison{log: l, org: org, rooms: rooms, before: before, proven: make([][]id.Entry, len(rooms)), found: &c}
		if err := k.leaves(ctx, r); err != nil {
			return err
		}
		return k.rows(ctx, r)
	})
	if err != nil {
		return c, fmt.Errorf("compare the evidence log with what it proves: %w", err)
	}
	return c, nil
}

// verifyAll verifies the export while it is written.
func (l *Log) verifyAll(ctx context.Context, db *store.DB, org id.Org, pinned string, kept []string, along store.Course) (Report, error) {
	out, in := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := l.Export(ctx, db, org, in, Opened{}, along)
		written <- err
		_ = in.CloseWithError(err)
	}()
	report, fault := Verify(out, pinned, kept...)
	_ = out.CloseWithError(errEnough)
	if err := <-written; err != nil && !errors.Is(err, errEnough) {
		return report, err
	}
	return report, fault
}

var errEnough = errors.New("what was read is enough")

// DeletedKind is the kind of the leaf with which a run of the retention begins.
const DeletedKind = "retention.begun"

// Deleted is what that leaf says: before when the run deletes what.
type Deleted struct {
	Run    string           `json:"run"`
	Before map[string]int64 `json:"before"` // microseconds since 1970, by class
}

// deletedBefore reads from the log itself before when rows were deleted because
// their time was over.
func (l *Log) deletedBefore(ctx context.Context, r store.Reader, org id.Org) (map[string]time.Time, error) {
	rows, err := store.Collect(ctx, r, scanLine, selectLine+"kind = ? ORDER BY idx", org, DeletedKind)
	if err != nil {
		return nil, err
	}
	lines, err := l.lines(ctx, r, org, rows)
	if err != nil {
		return nil, err
	}
	before := map[string]time.Time{}
	for _, line := range lines {
		var d Deleted
		if line.Record == nil {
			continue
		}
		if err := json.Unmarshal(line.Record, &d); err != nil {
			return nil, err
		}
		for class, at := range d.Before {
			if t := store.Time(at); t.After(before[class]) {
				before[class] = t
			}
		}
	}
	return before, nil
}

// comparison is a check of leaves and rows under way.
type comparison struct {
	log    *Log
	org    id.Org
	rooms  []Rows
	before map[string]time.Time
	proven [][]id.Entry // by room: the ids of leaves
	found  *Checked
}

const compared = 500 // at a time

// leaves looks for the row of each leaf.
func (k *comparison) leaves(ctx context.Context, r store.Reader) error {
	for next := int64(0); ; {
		rows, err := store.Collect(ctx, r, scanLine, selectLine+"idx >= ? ORDER BY idx LIMIT ?", k.org, next, int64(compared))
		if err != nil || len(rows) == 0 {
			return err
		}
		next = rows[len(rows)-1].Index + 1
		for at, room := range k.rooms {
			if err := k.room(ctx, r, at, slices.DeleteFunc(slices.Clone(rows), func(s sealedLine) bool { return !room.Proves(s.Kind) })); err != nil {
				return err
			}
		}
	}
}

// room compares the leaves of one room that can be opened and are not so old
// that their rows were deleted.
func (k *comparison) room(ctx context.Context, r store.Reader, at int, rows []sealedLine) error {
	for _, s := range rows {
		k.proven[at] = append(k.proven[at], s.ID)
	}
	since := k.before[k.rooms[at].Class()]
	rows = slices.DeleteFunc(rows, func(s sealedLine) bool { return s.At.Before(since) })
	lines, err := k.log.lines(ctx, r, k.org, rows)
	if err != nil {
		return err
	}
	lines = slices.DeleteFunc(lines, func(l Line) bool { return l.Record == nil })
	if len(lines) == 0 {
		return nil
	}
	missing, altered, err := k.rooms[at].Compare(ctx, r, k.org, lines, k.log.now())
	k.found.Missing += int64(len(missing))
	k.found.Altered += int64(len(altered))
	k.found.Rows += int64(len(lines) - len(missing))
	return err
}

// rows looks for the leaf of each row.
func (k *comparison) rows(ctx context.Context, r store.Reader) error {
	for at, room := range k.rooms {
		proven := k.proven[at]
		slices.SortFunc(proven, func(a, b id.Entry) int { return bytes.Compare(a[:], b[:]) })
		err := room.Each(ctx, r, k.org, func(i id.Entry) {
			if _, is := slices.BinarySearchFunc(proven, i, func(a, b id.Entry) int { return bytes.Compare(a[:], b[:]) }); !is {
				k.found.Unproven++
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Without are the ids of leaves of which no row is there.
func Without(leaves []id.Entry, there map[id.Entry]bool) (missing []id.Entry) {
	for _, i := range leaves {
		if !there[i] {
			missing = append(missing, i)
		}
	}
	return missing
}

// EachOf goes through the ids that a query finds.
func EachOf(ctx context.Context, r store.Reader, see func(id.Entry), query string, args ...any) error {
	_, err := store.Collect(ctx, r, func(row store.Row) (none struct{}, err error) {
		i, err := store.One[id.Entry](row)
		see(i)
		return none, err
	}, query, args...)
	return err
}
