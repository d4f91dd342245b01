package store

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// ask sends all questions in one message and reads the answers in order. They
// are held as PostgreSQL sent them: only who asked knows into what they are to
// be read.
func (e *pgEngine) ask(ctx context.Context, all []*question) {
	batch := &pgx.Batch{}
	sent := all[:0:0]
	for _, q := range all {
		values, err := pgArgs(q.args)
		if err != nil {
			q.err = err
			continue
		}
		batch.Queue(pgText(q.text), values...)
		sent = append(sent, q)
	}
	results := e.pool.SendBatch(ctx, batch)
	for _, q := range sent {
		rows, err := results.Query()
		if err != nil {
			q.err = err
			continue
		}
		q.found, q.err = collected(rows)
	}
	if err := results.Close(); err != nil {
		for _, q := range sent {
			q.err = errors.Join(q.err, err)
		}
	}
}

// pgAnswer is what a query found.
type pgAnswer struct {
	columns []pgconn.FieldDescription
	values  [][][]byte
}

func collected(rows pgx.Rows) (*pgAnswer, error) {
	defer rows.Close()
	a := &pgAnswer{columns: slices.Clone(rows.FieldDescriptions())}
	for rows.Next() {
		row := make([][]byte, len(a.columns))
		for i, raw := range rows.RawValues() {
			row[i] = slices.Clone(raw) // nil stays nil: NULL
		}
		a.values = append(a.values, row)
	}
	return a, rows.Err()
}

func (a *pgAnswer) rows() Rows { return &pgAnswered{answer: a, at: -1} }

// pgAnswered goes through an answer. Several may go through the same one.
type pgAnswered struct {
	answer *pgAnswer
	at     int
}

// typeMaps know how columns are read into values. One is for one goroutine.
var typeMaps = sync.Pool{New: func() any { return pgtype.NewMap() }}

func (r *pgAnswered) Next() bool { r.at++; return r.at < len(r.answer.values) }

func (r *pgAnswered) Scan(dest ...any) error {
	types := typeMaps.Get().(*pgtype.Map)
	defer typeMaps.Put(types)
	return pgx.ScanRow(types, r.answer.columns, r.answer.values[r.at], dest...)
}

func (r *pgAnswered) Close()     {}
func (r *pgAnswered) Err() error { return nil }
