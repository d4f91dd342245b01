package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// One statement for many keys or rows costs PostgreSQL a fraction of many
// statements for one each, so queryMany turns
//
//	SELECT name FROM person WHERE org_id = ? AND id = ?
//
// for n keys into
//
//	SELECT asked.n, found.* FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS asked (a1, a2, n)
//	CROSS JOIN LATERAL (SELECT name FROM person WHERE org_id = asked.a1 AND id = asked.a2) AS found ORDER BY asked.n
//
// and [Insert] and [Update] become for n rows
//
//	INSERT INTO person (org_id, id, name) SELECT asked.a1, asked.a2, asked.a3
//	FROM unnest($1::bytea[], $2::bytea[], $3::text[]) AS asked (a1, a2, a3) ON CONFLICT DO NOTHING
//	UPDATE person SET name = asked.a1 FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS asked (a1, a2, a3)
//	WHERE org_id = asked.a2 AND id = asked.a3
//
// each of which is one prepared statement for every n.

// columns are the arguments of many runs of a statement turned on their side.
type columns struct {
	arrays []any    // one for each parameter that is not NULL in every run
	types  []string // PostgreSQL's name of each parameter's type, or allNull
}

const allNull = "null"

// turn reports false for values of types that we do not store.
func turn(rows [][]any) (columns, bool, error) {
	var c columns
	for p := range rows[0] {
		values := make([]any, len(rows))
		for i, row := range rows {
			stored, err := pgArgs(row[p : p+1])
			if err != nil {
				return c, false, err
			}
			values[i] = stored[0]
		}
		array, name := turned(values)
		if name == "" {
			return c, false, nil
		}
		if name != allNull {
			c.arrays = append(c.arrays, array)
		}
		c.types = append(c.types, name)
	}
	return c, true, nil
}

func turned(values []any) (array any, name string) {
	for _, v := range values {
		switch v.(type) {
		case nil:
			continue
		case []byte:
			return typed[[]byte](values, "bytea")
		case int64:
			return typed[int64](values, "bigint")
		case string:
			return typed[string](values, "text")
		case bool:
			return typed[bool](values, "boolean")
		default:
			return nil, ""
		}
	}
	return nil, allNull
}

func typed[T any](values []any, name string) (any, string) {
	all := make([]*T, len(values))
	for i, v := range values {
		if v == nil {
			continue
		}
		one, ok := v.(T)
		if !ok {
			return nil, ""
		}
		all[i] = &one
	}
	return all, name
}

// from is the table "asked" of the arguments, one row for each run.
func (c columns) from(extra string) string {
	var arrays, names []string
	for i, name := range c.types {
		if name != allNull {
			arrays = append(arrays, fmt.Sprintf("$%d::%s[]", len(arrays)+1, name))
			names = append(names, fmt.Sprintf("a%d", i+1))
		}
	}
	if extra != "" {
		return fmt.Sprintf("unnest(%s) WITH ORDINALITY AS asked (%s, %s)", strings.Join(arrays, ", "), strings.Join(names, ", "), extra)
	}
	return fmt.Sprintf("unnest(%s) AS asked (%s)", strings.Join(arrays, ", "), strings.Join(names, ", "))
}

// parameter is what stands for parameter n, counted from 1.
func (c columns) parameter(n int) string {
	if n <= len(c.types) && c.types[n-1] == allNull {
		return "NULL"
	}
	return fmt.Sprintf("asked.a%d", n)
}

type manyKey struct{ text, types string }

var manyTexts sync.Map // manyKey → string; bounded like pgTexts

// text turns a text with the given function, once for each combination of types.
func (c columns) text(text string, turn func() string) string {
	key := manyKey{text, strings.Join(c.types, " ")}
	if known, ok := manyTexts.Load(key); ok {
		return known.(string)
	}
	whole := turn()
	manyTexts.Store(key, whole)
	return whole
}

func (c columns) query(text string) string {
	return c.text(text, func() string {
		return fmt.Sprintf("SELECT asked.n, found.* FROM %s CROSS JOIN LATERAL (%s) AS found ORDER BY asked.n", c.from("n"), numbered(text, c.parameter))
	})
}

// insert, update and remove are the statements for many rows.

func (c columns) insert(i Insert) string {
	return c.text(i.One(), func() string {
		return "INSERT INTO " + i.Into + " SELECT " + numbered(i.values(), c.parameter) + " FROM " + c.from("") + i.clash()
	})
}

func (c columns) update(u Update) string {
	return c.text(u.One(), func() string {
		return c.joined("UPDATE "+u.Table+" SET "+u.Set, "FROM", "", "WHERE "+u.Where)
	})
}

// updateTelling is an update that returns for each row of the table that it
// touched which run did so.
func (c columns) updateTelling(u Update) string {
	return c.text(u.One()+" RETURNING", func() string {
		return c.joined("UPDATE "+u.Table+" SET "+u.Set, "FROM", "asked_n", "WHERE "+u.Where+" RETURNING asked.asked_n")
	})
}

func (c columns) remove(d Delete) string {
	return c.text(d.One(), func() string {
		return c.joined("DELETE FROM "+d.From, "USING", "", "WHERE "+d.Where)
	})
}

// joined puts the table of arguments between the two halves of a text.
func (c columns) joined(head, word, extra, tail string) string {
	n := 0
	next := func(int) string { n++; return c.parameter(n) } // the halves share one count
	return fmt.Sprintf("%s %s %s %s", numbered(head, next), word, c.from(extra), numbered(tail, next))
}

// countedRow is a row that begins with the number of the key it belongs to.
type countedRow struct {
	row Row
	n   *int64
}

func (r countedRow) Scan(dest ...any) error {
	return r.row.Scan(append([]any{r.n}, dest...)...)
}

// together runs one query for all keys. The number of a row is known only once
// it is scanned, so a first look reads it: a pgx row can be scanned again.
func (t *pgTx) together(ctx context.Context, text string, c columns, scan func(int, Row) error) error {
	t.watch.again()
	rows, err := t.tx.Query(ctx, c.query(text), c.arrays...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var number []any // the number alone: pgx skips what is scanned into nil
	for rows.Next() {
		var n int64
		if number == nil {
			number = make([]any, len(rows.FieldDescriptions()))
		}
		number[0] = &n
		if err := rows.Scan(number...); err != nil {
			return err
		}
		if err := scan(int(n)-1, countedRow{rows, &n}); err != nil {
			return err
		}
	}
	return rows.Err()
}

// manyAtOnce turns rows on their side; false where they go one by one.
func manyAtOnce(rows [][]any) (columns, bool, error) {
	if len(rows) < 2 {
		return columns{}, false, nil
	}
	return turn(rows)
}

// atOnce runs a statement for all rows together, or one by one where they can't
// be turned on their side.
func (t *pgTx) atOnce(ctx context.Context, one string, rows [][]any, whole func(columns) string) error {
	c, ok, err := manyAtOnce(rows)
	switch {
	case err != nil:
		return err
	case !ok:
		_, err = t.execEach(ctx, one, rows)
	default:
		_, err = t.exec1(ctx, whole(c), c.arrays)
	}
	return err
}

// insertMany sends upserts one by one: two of them may meet the same row, and
// one statement must not touch a row twice
// (postgresql.org/docs/current/sql-insert.html, ON CONFLICT).
func (t *pgTx) insertMany(ctx context.Context, i Insert, rows [][]any) error {
	if i.Upsert != "" {
		_, err := t.execEach(ctx, i.One(), rows)
		return err
	}
	return t.atOnce(ctx, i.One(), rows, func(c columns) string { return c.insert(i) })
}

func (t *pgTx) updateMany(ctx context.Context, u Update, rows [][]any) error {
	return t.atOnce(ctx, u.One(), rows, func(c columns) string { return c.update(u) })
}

func (t *pgTx) deleteMany(ctx context.Context, d Delete, rows [][]any) error {
	return t.atOnce(ctx, d.One(), rows, func(c columns) string { return c.remove(d) })
}

// insertNew puts in all rows at once. The server says how many were new, but
// not which: if not all were, the rows go one by one.
func (t *pgTx) insertNew(ctx context.Context, i Insert, rows [][]any) ([]bool, error) {
	touched, err := t.counted(ctx, i.One(), rows, func(c columns) ([]int64, error) {
		n, err := t.exec1(ctx, c.insert(i), c.arrays)
		if n != int64(len(rows)) {
			return nil, err
		}
		return slices.Repeat([]int64{1}, len(rows)), err
	})
	return oneByEach(touched), err
}

// counted runs a statement for all rows at once. If it can't say what each run
// did (nil), it is taken back, and the runs go one by one.
func (t *pgTx) counted(ctx context.Context, one string, rows [][]any, all func(columns) ([]int64, error)) ([]int64, error) {
	c, ok, err := manyAtOnce(rows)
	if err != nil {
		return nil, err
	}
	if !ok {
		return t.execEach(ctx, one, rows)
	}
	if _, err := t.exec1(ctx, "SAVEPOINT many", nil); err != nil {
		return nil, err
	}
	touched, err := all(c)
	if err != nil {
		return nil, err
	}
	if touched == nil {
		if _, err := t.exec1(ctx, "ROLLBACK TO SAVEPOINT many", nil); err != nil {
			return nil, err
		}
	}
	if _, err := t.exec1(ctx, "RELEASE SAVEPOINT many", nil); err != nil || touched != nil {
		return touched, err
	}
	return t.execEach(ctx, one, rows)
}

// updateCounted has each touched row say which run touched it. A run that
// touched none may have met a row that another one changed in the same
// statement: then they go one by one.
func (t *pgTx) updateCounted(ctx context.Context, u Update, rows [][]any) ([]int64, error) {
	return t.counted(ctx, u.One(), rows, func(c columns) ([]int64, error) {
		t.watch.again()
		telling, err := t.tx.Query(ctx, c.updateTelling(u), c.arrays...)
		if err != nil {
			return nil, err
		}
		defer telling.Close()
		touched := make([]int64, len(rows))
		for telling.Next() {
			var n int64
			if err := telling.Scan(&n); err != nil {
				return nil, err
			}
			touched[n-1]++
			t.note("", 1)
		}
		if err := telling.Err(); err != nil || slices.Contains(touched, 0) {
			return nil, err
		}
		return touched, nil
	})
}
