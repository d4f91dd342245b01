// Package search finds words in messages that nobody can read.
//
// Messages are sealed, so there is a blind index: keyed hashes of the
// beginnings of their words (decision 0056). A search hashes what was typed,
// reads the candidates from the index, opens them, and keeps those in which
// every typed word really begins a word. Umlauts and ß are found however they
// are written (package words).
//
// The index is written in the transaction of the message, as one small row
// (search_fresh). From time to time many such rows are folded into a segment:
// sorted lists that a search reads in little time, whatever the number of
// messages. Nothing in the index can be read, and all of it can be made anew
// from the messages, so backups leave it out.
package search

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/fold"
	"einklang/internal/rule/id"
)

// Messages opens messages.
type Messages interface {
	// Front finds the first of some messages, and says how many it looked at.
	Front(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (found map[id.Message]chat.Message, n int, err error)
	All(ctx context.Context, r store.Reader, org id.Org, after id.Cursor, backwards bool, limit int) (all []chat.Message, more bool, err error)
}

// Parts are what an Index works with.
type Parts struct {
	DB       *store.DB
	Vault    *vault.Vault
	IDs      *id.Source
	Log      *slog.Logger
	Messages Messages
	// Words are the words of a message.
	Words func(cloudapi.Content) string
	// Orgs lists the organisations.
	Orgs func(ctx context.Context) ([]id.Org, error)
}

// Index is the search index of all organisations.
type Index struct {
	Parts
	added atomic.Int64 // since the last fold
	poke  chan struct{}
}

// New makes an Index. Run folds what is added.
func New(p Parts) *Index { return &Index{Parts: p, poke: make(chan struct{}, 1)} }

// Add indexes what messages say, in the transaction that stores them. An
// edited message is added again.
func (x *Index) Add(ctx context.Context, tx store.Tx, org id.Org, messages ...chat.Message) error {
	keys, err := x.Vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, m := range messages {
		if flat := tokens(keys, fold.Begin(x.Words(m.Body.Content))); len(flat) > 0 {
			rows = append(rows, []any{org, x.IDs.New(), m.ID, flat})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "search_fresh (org_id, id, message_id, tokens)"}, rows); err != nil {
		return fmt.Errorf("index messages: %w", err)
	}
	tx.AfterCommit(func() { x.count(len(rows)) })
	return nil
}

// count wakes the folding when a segment has come together.
func (x *Index) count(n int) {
	if x.added.Add(int64(n)) < segmentSize {
		return
	}
	select {
	case x.poke <- struct{}{}:
	default:
	}
}

// lookEvery is how often the folding looks for what other nodes added.
const lookEvery = 10 * time.Minute

// Run folds until ctx ends.
func (x *Index) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		x.added.Store(0)
		if err := x.foldAll(ctx); err != nil && ctx.Err() == nil {
			x.Log.Error("the search index could not be folded; it works on and is folded later", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-x.poke:
		case <-tick.C:
		}
	}
}

func (x *Index) foldAll(ctx context.Context) error {
	orgs, err := x.Orgs(ctx)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		for {
			more, err := x.fold(ctx, org, segmentSize)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
	}
	return nil
}

// Delete takes messages out of the index, because their content is gone.
func (x *Index) Delete(ctx context.Context, tx store.Tx, org id.Org, messages ...id.Message) error {
	for _, m := range messages {
		if _, err := tx.Exec(ctx, "DELETE FROM search_fresh WHERE org_id = ? AND message_id = ?", org, m); err != nil {
			return fmt.Errorf("take a message out of the search index: %w", err)
		}
		if err := x.blank(ctx, tx, org, m); err != nil {
			return fmt.Errorf("take a message out of the search index: %w", err)
		}
	}
	return nil
}

// rebuildBatch is how many messages are read at once to index them anew.
const rebuildBatch = 1000

// Rebuild makes the index of an organisation anew from its messages and says
// how many it read. What arrives meanwhile is indexed as always.
func (x *Index) Rebuild(ctx context.Context, org id.Org, along store.Course) (int, error) {
	err := x.DB.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, sql := range []string{"DELETE FROM search_fresh WHERE org_id = ?", "DELETE FROM search_ids WHERE org_id = ?", "DELETE FROM search_posting WHERE org_id = ?"} {
			if _, err := tx.Exec(ctx, sql, org); err != nil {
				return err
			}
		}
		return along.Begin(ctx, tx)
	})
	if err != nil {
		return 0, fmt.Errorf("empty the search index: %w", err)
	}
	var after id.Cursor
	for read := 0; ; {
		batch, more, err := x.Messages.All(ctx, x.DB, org, after, false, rebuildBatch)
		if err != nil {
			return read, err
		}
		more = more && len(batch) > 0 // they may have gone since they were listed
		err = x.DB.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
			if err := x.Add(ctx, tx, org, batch...); err != nil || more {
				return err
			}
			return along.End(ctx, tx, read+len(batch))
		})
		if err != nil {
			return read, err
		}
		read += len(batch)
		if _, err := x.fold(ctx, org, segmentSize); err != nil || !more {
			return read, err
		}
		after = id.Cursor(batch[len(batch)-1].ID)
	}
}
