package architecture

import (
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	creates  = regexp.MustCompile(`(?i)CREATE TABLE (?:IF NOT EXISTS )?(\w+)`)
	renames  = regexp.MustCompile(`(?i)ALTER TABLE (\w+) RENAME TO (\w+)`)
	drops    = regexp.MustCompile(`(?i)DROP TABLE (?:IF EXISTS )?(\w+)`)
	mentions = regexp.MustCompile(`\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)`)
)

// TestEachTableBelongsToOnePackage reads the SQL in the source: a table is
// known to the package that keeps it, and everybody else asks that package.
func TestEachTableBelongsToOnePackage(t *testing.T) {
	tables := schema(t)
	users := map[string]map[string]bool{}
	for _, s := range load(t) {
		if s.test || within(s.pkg, aids) {
			continue
		}
		for _, text := range literals(s.ast) {
			for _, m := range mentions.FindAllStringSubmatch(text, -1) {
				if tables[m[1]] {
					if users[m[1]] == nil {
						users[m[1]] = map[string]bool{}
					}
					users[m[1]][s.pkg] = true
				}
			}
		}
	}
	for table := range tables {
		who := slices.Sorted(maps.Keys(users[table]))
		switch {
		case len(who) == 0:
			t.Errorf("no package reads or writes the table %s", table)
		case len(who) > 1:
			t.Errorf("the table %s is known to %s: one keeps it, the others ask", table, strings.Join(who, ", "))
		}
	}
}

// schema are the tables that stand at the end of all migrations.
func schema(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "internal/engine/store/migrations/*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	slices.Sort(files)
	tables := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f) //nolint:gosec // our own source
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for _, m := range creates.FindAllStringSubmatch(up, -1) {
			tables[m[1]] = true
		}
		for _, m := range drops.FindAllStringSubmatch(up, -1) {
			delete(tables, m[1])
		}
		for _, m := range renames.FindAllStringSubmatch(up, -1) {
			delete(tables, m[1])
			tables[m[2]] = true
		}
	}
	return tables
}

// literals are the strings of a file; those that are added up count as one.
func literals(f *ast.File) (all []string) {
	var text func(e ast.Expr) string
	text = func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.BasicLit:
			if e.Kind == token.STRING {
				s, _ := strconv.Unquote(e.Value)
				return s
			}
		case *ast.BinaryExpr:
			if e.Op == token.ADD {
				return text(e.X) + text(e.Y)
			}
		case *ast.ParenExpr:
			return text(e.X)
		}
		return " "
	}
	ast.Inspect(f, func(n ast.Node) bool {
		// store.Insert, Update and Delete name their table in a field.
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && slices.Contains([]string{"Into", "Table", "From"}, key.Name) {
				all = append(all, "INTO "+text(kv.Value))
			}
		}
		if e, ok := n.(ast.Expr); ok {
			if s := text(e); strings.TrimSpace(s) != "" {
				all = append(all, s)
			}
		}
		return true
	})
	return all
}
