package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Check is the closed set of values that a text column holds, taken from the
// constants of the package that owns the table.
//
// Nodes of two releases run side by side during an update, so a new value is
// allowed one release before it is written: see [Check.Soon].
type Check struct {
	Table, Column string
	Values        []string
	soon          []string
}

// OneOf makes the Check of a column.
func OneOf[S ~string](table, column string, values ...S) Check {
	c := Check{Table: table, Column: column}
	for _, v := range values {
		c.Values = append(c.Values, string(v))
	}
	return c
}

// Soon also allows values that the next release writes.
func (c Check) Soon(values ...string) Check {
	c.soon = append(slices.Clone(c.soon), values...)
	return c
}

// Allowed are the values that the column takes, in order.
func (c Check) Allowed() []string {
	all := append(slices.Clone(c.Values), c.soon...)
	slices.Sort(all)
	return slices.Compact(all)
}

// checkMark begins the name of each check in the schema; nothing else there
// begins with it.
const checkMark = "check_"

// name changes with the values, so the schema itself says which check it has.
func (c Check) name() string {
	sum := sha256.Sum256([]byte(strings.Join(c.Allowed(), "\x00")))
	return checkMark + c.Table + "_" + c.Column + "_" + hex.EncodeToString(sum[:4])
}

// list is what SQL writes after IN.
func (c Check) list() string {
	all := c.Allowed()
	for i, v := range all {
		all[i] = quoted(v)
	}
	return "(" + strings.Join(all, ", ") + ")"
}

// quoted is a text as SQL writes it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// Check has the engine refuse values that are not in the checks, and removes what
// it refused before. Run it after Migrate; several nodes may call it at once.
//
// Rows that hold another value already stay as they are, and a line in the log
// names the column.
func (db *DB) Check(ctx context.Context, log *slog.Logger, checks []Check) error {
	if err := db.engine.check(ctx, log, checks); err != nil {
		return fmt.Errorf("check the states: %w", db.explain(err))
	}
	return nil
}

func warnOld(log *slog.Logger, c Check) {
	log.Warn("rows of old hold a value that is not known; they stay as they are", "table", c.Table, "column", c.Column)
}
