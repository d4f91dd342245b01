package store

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// statistics keeps what PostgreSQL knows about the sizes of tables up with a
// database that grows fast. The server looks once a minute by itself (setting
// autovacuum_naptime); until then it takes a table of a hundred thousand rows
// for the empty one that it saw first, and reads all rows of an organisation
// where one was asked for. So the tables that have grown are counted anew
// whenever a quarter more rows have been written, beginning with the first
// thousand; prepared statements are planned anew after that by themselves.
type statistics struct {
	pool    *pgxpool.Pool
	stop    context.CancelFunc
	ctx     context.Context //nolint:containedctx // ends with the engine, not with a call
	running sync.WaitGroup

	mu    sync.Mutex
	grown growth
	busy  bool
}

func newStatistics(pool *pgxpool.Pool) *statistics {
	ctx, stop := context.WithCancel(context.Background())
	return &statistics{pool: pool, ctx: ctx, stop: stop}
}

// wrote notes rows of a committed transaction, and counts the tables in the
// background when it is time.
//
//nolint:contextcheck // nobody waits for the counting
func (s *statistics) wrote(rows int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.grown.by(rows) || s.busy || s.ctx.Err() != nil {
		return
	}
	s.busy = true
	s.running.Go(func() {
		ctx, cancel := context.WithTimeout(s.ctx, countWithin)
		defer cancel()
		_ = s.count(ctx) // without it queries are slower, not wrong
		s.mu.Lock()
		s.busy = false
		s.mu.Unlock()
	})
}

// count has the server count the tables that have grown by half since it last
// did.
func (s *statistics) count(ctx context.Context) error {
	rows, err := s.pool.Query(ctx, `SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND c.relkind = 'r'
		AND pg_relation_size(c.oid) / current_setting('block_size')::bigint > 4 + c.relpages * 3 / 2`)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, table := range tables {
		if err := s.analyze(ctx, table); err != nil {
			return err
		}
	}
	return nil
}

// sample is the statistics target of a count: 300 rows for each. The server's own
// counts, once a minute, look at ten times as many.
const sample = 10

func (s *statistics) analyze(ctx context.Context, table string) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL default_statistics_target = %d", sample)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "ANALYZE "+table)
		return err
	})
}

// close ends a running count and waits for it.
func (s *statistics) close() {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	s.running.Wait()
}
