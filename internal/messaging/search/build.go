package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

const (
	// version is raised by whoever changes which messages are indexed, or which hashes
	// a message has: what was indexed before is then indexed anew, by a job after the
	// next start.
	version = 2
	// job is the kind of the jobs that make an index.
	job = "search_index"
	// buildBatch is how many messages are read at once to index them.
	buildBatch = 1000
)

// Build is how far an index is that is still being made.
type Build struct {
	Done, Total int64 // messages
}

// Percent is how much of it is done; messages that came to be since it began can
// make it no more than 100.
func (b Build) Percent() int64 {
	if b.Total == 0 {
		return 0
	}
	return min(100, b.Done*100/b.Total)
}

// progress is a row of search_build.
type progress struct {
	Build
	version       int64
	upto, reached id.Cursor
	begun, ended  int64
}

// state reads how far an index is. Errors: store.ErrNoRows, before anybody has
// looked.
func (x *Index) state(ctx context.Context, r store.Reader, org id.Org) (b progress, err error) {
	err = r.QueryRow(ctx, "SELECT version, upto, reached, done, total, begun_at, ended_at FROM search_build WHERE org_id = ?", org).
		Scan(&b.version, &b.upto, &b.reached, &b.Done, &b.Total, &b.begun, &b.ended)
	return b, err
}

// Building says how far the index is that a search goes by; nil: it holds all.
func (x *Index) Building(ctx context.Context, r store.Reader, org id.Org) (*Build, error) {
	b, err := x.state(ctx, r, org)
	switch {
	case errors.Is(err, store.ErrNoRows):
		return &Build{}, nil
	case err != nil:
		return nil, fmt.Errorf("read how far the search index is: %w", err)
	case b.ended != 0 && b.version == version:
		return nil, nil //nolint:nilnil // it holds all
	}
	return &b.Build, nil
}

// Founded notes of a new organisation that its index lacks nothing.
func (x *Index) Founded(ctx context.Context, tx store.Tx, org id.Org) error {
	_, err := x.begin(ctx, tx, org)
	return err
}

// begin has an index made of all messages that there are.
func (x *Index) begin(ctx context.Context, tx store.Tx, org id.Org) (b progress, err error) {
	b = progress{version: version, upto: id.Cursor(x.IDs.New()), begun: store.Micros(x.Now())}
	if b.Total, err = x.Messages.Number(ctx, tx, org, b.upto); err != nil {
		return b, err
	}
	if b.Total == 0 {
		b.ended = b.begun
	}
	_, err = tx.Exec(ctx, `INSERT INTO search_build (org_id, version, upto, reached, done, total, begun_at, ended_at) VALUES (?, ?, ?, ?, 0, ?, ?, ?)
		ON CONFLICT (org_id) DO UPDATE SET version = excluded.version, upto = excluded.upto, reached = excluded.reached, done = 0, total = excluded.total,
		begun_at = excluded.begun_at, ended_at = excluded.ended_at`, org, b.version, b.upto[:], b.reached[:], b.Total, b.begun, b.ended)
	if err != nil {
		return b, fmt.Errorf("begin to make the search index: %w", err)
	}
	return b, nil
}

// empty deletes an index.
func (x *Index) empty(ctx context.Context, tx store.Tx, org id.Org) error {
	for _, sql := range []string{"DELETE FROM search_fresh WHERE org_id = ?", "DELETE FROM search_ids WHERE org_id = ?", "DELETE FROM search_posting WHERE org_id = ?"} {
		if _, err := tx.Exec(ctx, sql, org); err != nil {
			return fmt.Errorf("empty the search index: %w", err)
		}
	}
	return nil
}

// BuildDue has made what indexes lack: of messages that are older than the
// index, or than its version, and what a process left undone.
func (x *Index) BuildDue(ctx context.Context) error {
	orgs, err := x.Orgs(ctx)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		if err := x.DB.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error { return x.due(ctx, tx, org) }); err != nil {
			return fmt.Errorf("look what the search index lacks: %w", err)
		}
	}
	return nil
}

func (x *Index) due(ctx context.Context, tx store.Tx, org id.Org) error {
	b, err := x.state(ctx, tx, org)
	switch {
	case errors.Is(err, store.ErrNoRows):
		b, err = x.begin(ctx, tx, org)
	case err == nil && b.version < version: // its hashes are of no use any more
		if err = x.empty(ctx, tx, org); err == nil {
			b, err = x.begin(ctx, tx, org)
		}
	}
	if err != nil || b.ended != 0 {
		return err
	}
	all, err := x.Jobs.Of(ctx, tx, org, org)
	if err != nil || slices.ContainsFunc(all, func(j jobs.Job) bool { return j.Kind == job && j.State == jobs.Due }) {
		return err
	}
	return x.Jobs.Add(ctx, tx, org, job, org)
}

// making is the job under way.
type making struct {
	x   *Index
	org id.Org
}

func (x *Index) open(_ context.Context, j jobs.Job) (jobs.Work, error) {
	return &making{x, j.Org}, nil
}

// Close has nothing to close.
func (*making) Close() error { return nil }

// Next reads the next messages. Where it goes on says the index, not the job:
// another may have begun it anew meanwhile.
func (m *making) Next(ctx context.Context) (jobs.Batch, error) {
	b, err := m.x.state(ctx, m.x.DB, m.org)
	if err != nil || b.ended != 0 {
		return jobs.Batch{Position: b.Done, Last: true}, err
	}
	if _, err := m.x.fold(ctx, m.org, segmentSize); err != nil {
		return jobs.Batch{}, err
	}
	next, batch, err := m.x.read(ctx, m.org, b)
	if err != nil {
		return jobs.Batch{}, err
	}
	return jobs.Batch{Position: next.Done, Last: next.ended != 0, Apply: func(ctx context.Context, tx store.Tx, _ map[string]int64) error {
		return m.x.advance(ctx, tx, m.org, b, next, batch)
	}}, nil
}

// read reads the messages that come next.
func (x *Index) read(ctx context.Context, org id.Org, b progress) (next progress, batch []chat.Message, err error) {
	batch, more, err := x.Messages.All(ctx, x.DB, org, b.reached, false, buildBatch)
	if err != nil {
		return b, nil, err
	}
	if at := slices.IndexFunc(batch, func(m chat.Message) bool { return slices.Compare(m.ID[:], b.upto[:]) > 0 }); at >= 0 {
		batch, more = batch[:at], false
	}
	next = b
	if len(batch) > 0 {
		next.reached = id.Cursor(batch[len(batch)-1].ID)
		next.Done += int64(len(batch))
	}
	if !more { // else those that were listed may have gone since, and others follow
		next.ended = store.Micros(x.Now())
	}
	return next, batch, nil
}

// advance indexes messages and notes that they are: both or neither. What has
// been deleted since it was read, and what the index has already, is left out.
// Errors: errMoved.
func (x *Index) advance(ctx context.Context, tx store.Tx, org id.Org, b, next progress, batch []chat.Message) error {
	n, err := tx.Exec(ctx, "UPDATE search_build SET reached = ?, done = ?, ended_at = ? WHERE org_id = ? AND upto = ? AND reached = ? AND ended_at = 0",
		next.reached[:], next.Done, next.ended, org, b.upto[:], b.reached[:])
	if err != nil {
		return fmt.Errorf("note how far the search index is: %w", err)
	}
	if n == 0 {
		return errMoved
	}
	tx.AfterCommit(func() { x.report(org, b, next) })
	if len(batch) == 0 {
		return nil
	}
	ids := make([]id.Message, len(batch))
	for i, m := range batch {
		ids[i] = m.ID
	}
	here, err := x.Messages.Here(ctx, tx, org, ids)
	if err != nil {
		return err
	}
	known, err := x.known(ctx, tx, org, ids)
	if err != nil {
		return fmt.Errorf("look what the search index has: %w", err)
	}
	return x.Add(ctx, tx, org, slices.DeleteFunc(batch, func(m chat.Message) bool { return known[m.ID] || !here[m.ID] })...)
}

// known are those of some messages, in the order of their ids, that the index
// has.
func (x *Index) known(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (map[id.Message]bool, error) {
	known := map[id.Message]bool{}
	fresh, err := store.CollectIn(ctx, r, store.One[id.Message], "SELECT message_id FROM search_fresh WHERE org_id = ? AND message_id IN (?)", messages, org)
	if err != nil {
		return nil, err
	}
	for _, m := range fresh {
		known[m] = true
	}
	parts, err := store.Collect(ctx, r, store.One[[]byte], "SELECT ids FROM search_ids WHERE org_id = ? AND last_id >= ? AND first_id <= ?", org, messages[0], messages[len(messages)-1])
	if err != nil {
		return nil, err
	}
	for _, flat := range parts {
		for at := 0; at+16 <= len(flat); at += 16 {
			known[id.Message(flat[at:at+16])] = true
		}
	}
	return known, nil
}

// report writes into the log what came to be known: each tenth, and the end.
func (x *Index) report(org id.Org, before, now progress) {
	switch tenth := func(b progress) int64 { return b.Percent() / 10 }; {
	case now.ended != 0:
		x.Log.Info("the search index holds all messages", "organisation", org.String(), "messages", now.Done, "seconds", (now.ended-now.begun)/time.Second.Microseconds())
	case before.Done == 0 || tenth(now) != tenth(before):
		x.Log.Info("the search index is being made; searches find only part until then", "organisation", org.String(), "messages", now.Done, "of", now.Total)
	}
}

// Rebuild makes the index of an organisation anew from its messages and says
// how many it read. What arrives meanwhile is indexed as always.
func (x *Index) Rebuild(ctx context.Context, org id.Org, along store.Course) (int, error) {
	err := x.DB.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := x.empty(ctx, tx, org); err != nil {
			return err
		}
		if _, err := x.begin(ctx, tx, org); err != nil {
			return err
		}
		return along.Begin(ctx, tx)
	})
	if err != nil {
		return 0, err
	}
	for {
		b, err := x.state(ctx, x.DB, org)
		if err != nil {
			return 0, err
		}
		if b.ended != 0 {
			done := int(b.Done)
			return done, x.DB.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error { return along.End(ctx, tx, done) })
		}
		next, batch, err := x.read(ctx, org, b)
		if err != nil {
			return int(b.Done), err
		}
		err = x.DB.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error { return x.advance(ctx, tx, org, b, next, batch) })
		if err != nil && !errors.Is(err, errMoved) { // a job works on the same
			return int(b.Done), err
		}
		if _, err := x.fold(ctx, org, segmentSize); err != nil {
			return int(b.Done), err
		}
	}
}
