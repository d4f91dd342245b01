package store

import (
	"context"
	"strings"
)

// Insert, Update and Delete are statements that are run for many rows. The
// caller names the parts, so that each engine can put them together in the form
// that it runs fastest; nothing is guessed from a text. Each "?" stands for a
// value of the row, in the order in which they are written here.

// Insert is an INSERT.
type Insert struct {
	Into   string // the table with its columns: "person (org_id, id, state)"
	Values string // where some are the same in every row: "?, ?, 'open'"; empty: one "?" for each column
	Skip   bool   // a row whose key is there already is left alone
	Upsert string // what becomes of a row whose key is there already: "(org_id, id) DO UPDATE SET state = excluded.state"
}

// Update is an UPDATE. No two rows may change the same row of the table.
type Update struct {
	Table string
	Set   string // "state = ?, changed_at = ?"
	Where string // "org_id = ? AND id = ?"
}

// Delete is a DELETE.
type Delete struct {
	From  string
	Where string // "org_id = ? AND id = ?"
}

// One is the statement for one row, as [Tx.Exec] takes it.
func (i Insert) One() string {
	return "INSERT INTO " + i.Into + " VALUES (" + i.values() + ")" + i.clash()
}

// One is the statement for one row, as [Tx.Exec] takes it.
func (u Update) One() string { return "UPDATE " + u.Table + " SET " + u.Set + " WHERE " + u.Where }

// One is the statement for one row, as [Tx.Exec] takes it.
func (d Delete) One() string { return "DELETE FROM " + d.From + " WHERE " + d.Where }

func (i Insert) values() string {
	if i.Values != "" {
		return i.Values
	}
	return "?" + strings.Repeat(", ?", strings.Count(i.Into, ","))
}

func (i Insert) clash() string {
	switch {
	case i.Skip:
		return " ON CONFLICT DO NOTHING"
	case i.Upsert != "":
		return " ON CONFLICT " + i.Upsert
	default:
		return ""
	}
}

func (p *partTx) InsertMany(ctx context.Context, i Insert, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	return p.ask(ctx, i.Into, func(ctx context.Context) error { return p.insertMany(ctx, i, rows) })
}

func (p *partTx) InsertNew(ctx context.Context, i Insert, rows [][]any) (isNew []bool, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	i.Skip = true
	err = p.ask(ctx, i.Into, func(ctx context.Context) error {
		isNew, err = p.insertNew(ctx, i, rows)
		return err
	})
	return isNew, err
}

func (p *partTx) UpdateMany(ctx context.Context, u Update, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	return p.ask(ctx, u.Table, func(ctx context.Context) error { return p.updateMany(ctx, u, rows) })
}

func (p *partTx) UpdateCounted(ctx context.Context, u Update, rows [][]any) (touched []int64, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	err = p.ask(ctx, u.Table, func(ctx context.Context) error {
		touched, err = p.updateCounted(ctx, u, rows)
		return err
	})
	return touched, err
}

func (p *partTx) DeleteMany(ctx context.Context, d Delete, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	return p.ask(ctx, d.From, func(ctx context.Context) error { return p.deleteMany(ctx, d, rows) })
}

// manyTx is what an engine does with many rows; there is at least one.
type manyTx interface {
	insertMany(ctx context.Context, i Insert, rows [][]any) error
	insertNew(ctx context.Context, i Insert, rows [][]any) ([]bool, error)
	updateMany(ctx context.Context, u Update, rows [][]any) error
	updateCounted(ctx context.Context, u Update, rows [][]any) ([]int64, error)
	deleteMany(ctx context.Context, d Delete, rows [][]any) error
}

// oneByEach says which of the runs of an insert put in a row.
func oneByEach(touched []int64) []bool {
	isNew := make([]bool, len(touched))
	for i, n := range touched {
		isNew[i] = n == 1
	}
	return isNew
}
