package store

import (
	"context"
	"fmt"
	"regexp"
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
// and execAll and execMany turn
//
//	INSERT INTO person (org_id, id, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
//	UPDATE person SET name = ? WHERE org_id = ? AND id = ?
//
// for n rows into
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

// The forms of texts that can be run for many rows at once: inserts of plain
// values that leave alone what is there already, updates, and deletions.
var (
	plainInsert = regexp.MustCompile(`^\s*(INSERT INTO \w+\s*\([^()]*\))\s*VALUES\s*\(([^()]*)\)\s*(ON CONFLICT DO NOTHING)?\s*$`)
	plainUpdate = regexp.MustCompile(`(?s)^\s*(UPDATE \w+\s+SET\s.*?)\s(WHERE\s.*)$`)
	plainDelete = regexp.MustCompile(`(?s)^\s*(DELETE FROM \w+)\s+(WHERE\s.*)$`)
	notPlain    = regexp.MustCompile(`(?i)\b(SELECT|RETURNING|FROM|USING)\b`)
)

// statement is the text for many rows; false for texts of another form.
func (c columns) statement(text string) (string, bool) {
	whole := c.text(text, func() string {
		if m := plainInsert.FindStringSubmatch(text); m != nil {
			return strings.TrimSpace(fmt.Sprintf("%s SELECT %s FROM %s %s", m[1], numbered(m[2], c.parameter), c.from(""), m[3]))
		}
		if m := plainUpdate.FindStringSubmatch(text); m != nil && !notPlain.MatchString(text) {
			return c.joined(m[1], "FROM", m[2])
		}
		if m := plainDelete.FindStringSubmatch(text); m != nil && !notPlain.MatchString(m[2]) {
			return c.joined(m[1], "USING", m[2])
		}
		return ""
	})
	return whole, whole != ""
}

// joined puts the table of arguments between the two halves of a text.
func (c columns) joined(head, word, tail string) string {
	n := 0
	next := func(int) string { n++; return c.parameter(n) } // the halves share one count
	return fmt.Sprintf("%s %s %s %s", numbered(head, next), word, c.from(""), numbered(tail, next))
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

// execAll runs a statement for all rows at once, where its form allows.
func (t *pgTx) execAll(ctx context.Context, text string, rows [][]any) error {
	whole, c, err := manyAtOnce(text, rows)
	switch {
	case err != nil:
		return err
	case whole == "":
		_, err = t.execEach(ctx, text, rows)
	default:
		_, err = t.exec1(ctx, whole, c.arrays)
	}
	return err
}

// manyAtOnce is empty when the rows are to be sent one by one.
func manyAtOnce(text string, rows [][]any) (string, columns, error) {
	if len(rows) < 2 {
		return "", columns{}, nil
	}
	c, ok, err := turn(rows)
	if !ok || err != nil {
		return "", c, err
	}
	whole, _ := c.statement(text)
	return whole, c, nil
}

// execMany runs a statement for all rows at once as well. The server says how
// many rows were touched, but not by which run: if it is not one by each, the
// statement is taken back, and the runs go one by one.
func (t *pgTx) execMany(ctx context.Context, text string, rows [][]any) ([]int64, error) {
	whole, c, err := manyAtOnce(text, rows)
	if err != nil {
		return nil, err
	}
	if whole == "" {
		return t.execEach(ctx, text, rows)
	}
	if _, err := t.exec1(ctx, "SAVEPOINT many", nil); err != nil {
		return nil, err
	}
	n, err := t.exec1(ctx, whole, c.arrays)
	if err != nil {
		return nil, err
	}
	if n == int64(len(rows)) {
		_, err := t.exec1(ctx, "RELEASE SAVEPOINT many", nil)
		return slices.Repeat([]int64{1}, len(rows)), err
	}
	if _, err := t.exec1(ctx, "ROLLBACK TO SAVEPOINT many", nil); err != nil {
		return nil, err
	}
	if _, err := t.exec1(ctx, "RELEASE SAVEPOINT many", nil); err != nil {
		return nil, err
	}
	return t.execEach(ctx, text, rows)
}
