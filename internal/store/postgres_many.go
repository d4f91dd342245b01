package store

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// One query for many keys costs PostgreSQL a fraction of many queries for one
// key each, so queryMany turns
//
//	SELECT name FROM person WHERE org_id = ? AND id = ?
//
// for n keys into
//
//	SELECT asked.n, found.* FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS asked (a1, a2, n)
//	CROSS JOIN LATERAL (SELECT name FROM person WHERE org_id = asked.a1 AND id = asked.a2) AS found ORDER BY asked.n
//
// which is one prepared statement for every n.

// columns are the arguments turned on their side, one array for each
// parameter, with PostgreSQL's names of their types. It reports false for what
// does not fit into arrays: NULL, and types that we do not store.
func columns(rows [][]any) (arrays []any, types []string, ok bool, err error) {
	for p := range rows[0] {
		values := make([]any, len(rows))
		for i, row := range rows {
			stored, err := pgArgs(row[p : p+1])
			if err != nil {
				return nil, nil, false, err
			}
			values[i] = stored[0]
		}
		array, name := turned(values)
		if array == nil {
			return nil, nil, false, nil
		}
		arrays, types = append(arrays, array), append(types, name)
	}
	return arrays, types, true, nil
}

func turned(values []any) (array any, name string) {
	switch values[0].(type) {
	case []byte:
		return typed[[]byte](values, "bytea")
	case int64:
		return typed[int64](values, "bigint")
	case string:
		return typed[string](values, "text")
	default:
		return nil, ""
	}
}

func typed[T any](values []any, name string) (any, string) {
	all := make([]T, len(values))
	for i, v := range values {
		one, ok := v.(T)
		if !ok {
			return nil, ""
		}
		all[i] = one
	}
	return all, name
}

type manyKey struct{ text, types string }

var manyTexts sync.Map // manyKey → string; bounded like pgTexts

// manyText is the query for many keys.
func manyText(text string, types []string) string {
	key := manyKey{text, strings.Join(types, " ")}
	if known, ok := manyTexts.Load(key); ok {
		return known.(string)
	}
	arrays, names := make([]string, len(types)), make([]string, len(types))
	for i, name := range types {
		arrays[i], names[i] = fmt.Sprintf("$%d::%s[]", i+1, name), fmt.Sprintf("a%d", i+1)
	}
	inner := numbered(text, func(n int) string { return fmt.Sprintf("asked.a%d", n) })
	whole := fmt.Sprintf("SELECT asked.n, found.* FROM unnest(%s) WITH ORDINALITY AS asked (%s, n) CROSS JOIN LATERAL (%s) AS found ORDER BY asked.n",
		strings.Join(arrays, ", "), strings.Join(names, ", "), inner)
	manyTexts.Store(key, whole)
	return whole
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
func (t pgTx) together(ctx context.Context, text string, arrays []any, scan func(int, Row) error) error {
	rows, err := t.tx.Query(ctx, text, arrays...)
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
