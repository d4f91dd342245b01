package store

import (
	"context"
	"fmt"
	"sort"
	"strings"
)

// Kind is the type of a column, the same on both engines.
type Kind byte

// The kinds.
const (
	Bytes Kind = 'b'
	Int   Kind = 'i'
	Text  Kind = 't'
	Bool  Kind = 'o'
)

// Column is a column of a table.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Table is a table with its columns.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// version is the table in which the migrations count.
const version = "goose_db_version"

// Tables lists the tables by name, without the one that counts migrations.
func Tables(ctx context.Context, r Reader, engine string) ([]Table, error) {
	query := "SELECT m.name, p.name, p.type FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, p.cid"
	if engine == "postgres" {
		query = "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
	}
	rows, err := r.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	defer rows.Close()
	byName := map[string]*Table{}
	for rows.Next() {
		var table, column, declared string
		if err := rows.Scan(&table, &column, &declared); err != nil {
			return nil, fmt.Errorf("list the tables: %w", err)
		}
		if table == version {
			continue
		}
		kind, known := kinds[strings.ToLower(declared)]
		if !known {
			return nil, fmt.Errorf("the column %s of %s has the type %s, which is not portable", column, table, declared)
		}
		if byName[table] == nil {
			byName[table] = &Table{Name: table}
		}
		byName[table].Columns = append(byName[table].Columns, Column{column, kind})
	}
	all := make([]Table, 0, len(byName))
	for _, t := range byName {
		all = append(all, *t)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all, rows.Err()
}

var kinds = map[string]Kind{"bytea": Bytes, "bigint": Int, "text": Text, "boolean": Bool}

// Schema is the number of the newest migration that has run.
func Schema(ctx context.Context, r Reader) (int64, error) {
	var n int64
	err := r.QueryRow(ctx, "SELECT MAX(version_id) FROM "+version).Scan(&n)
	return n, err
}
