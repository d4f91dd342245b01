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
//
// What is older than the index, or than its version, is read by a job in bites;
// until it has ended, a search says that it finds only part.
package search

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/jobs"
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
	// Number counts those up to one, and Here says which of some there are.
	Number(ctx context.Context, r store.Reader, org id.Org, upto id.Cursor) (int64, error)
	Here(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (map[id.Message]bool, error)
}

// Parts are what an Index works with.
type Parts struct {
	DB       *store.DB
	Vault    *vault.Vault
	IDs      *id.Source
	Now      func() time.Time
	Jobs     *jobs.Runner
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

// New makes an Index. Run folds what is added, and jobs make what is lacking.
func New(p Parts) *Index {
	x := &Index{Parts: p, poke: make(chan struct{}, 1)}
	p.Jobs.Handle(job, jobs.Kind{Open: x.open})
	return x
}

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
