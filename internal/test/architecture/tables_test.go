package architecture

import (
	"go/ast"
	"go/parser"
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
	removals = regexp.MustCompile(`(?i)DROP TABLE (?:IF EXISTS )?(\w+)`)

	// What a statement names: the word after a key word, and what stands behind
	// it with commas between (FROM draft d, message m).
	mentions = regexp.MustCompile(`\b(?:FROM|JOIN|INTO|UPDATE)\s+(["` + "`" + `]?\w+["` + "`" + `]?(?:\s+(?:AS\s+)?\w+)?(?:\s*,\s*["` + "`" + `]?\w+["` + "`" + `]?(?:\s+(?:AS\s+)?\w+)?)*)`)
	small    = regexp.MustCompile(`(?is)\bselect\s.*\sfrom\s|\binsert\s+into\s|\bdelete\s+from\s|\bupdate\s+\w+\s+set\s`)
	capital  = regexp.MustCompile(`(?s)\bSELECT\s.*\sFROM\s|\bINSERT\s+INTO\s|\bDELETE\s+FROM\s|\bUPDATE\s+\S+\s+SET\s`)
	computed = regexp.MustCompile(`\b(?:FROM|JOIN|INTO|UPDATE)(?:\s*$|\s+(?:%|` + unknown + `))`)
)

// unknown stands for a part of a text that is no literal.
const unknown = "\x00"

// composers are the files that put the name of a table together, with all that
// they name. Nil: any, by the schema, of the store itself or of a backup.
var composers = map[string][]string{
	"internal/account/audit/log.go":          {"audit", "audit_object"},
	"internal/account/user/manage.go":        {"session", "password_link", "sign_in_step"},
	"internal/consent/optin/optin.go":        {"consent"},
	"internal/engine/store/many.go":          nil,
	"internal/engine/store/part.go":          nil,
	"internal/engine/store/postgres_many.go": nil,
	"internal/engine/store/sqlite_checks.go": nil,
	"internal/engine/store/tables.go":        nil,
	"internal/rights/backup/dumped.go":       nil,
	"internal/rights/backup/restore.go":      nil,
	"internal/rights/backup/take.go":         nil,
	"internal/rights/backup/verify.go":       nil,
}

// tablesIn are the tables that a text names.
func tablesIn(text string) (all []string) {
	for _, m := range mentions.FindAllStringSubmatch(text, -1) {
		for _, one := range strings.Split(m[1], ",") {
			if words := strings.Fields(one); len(words) > 0 {
				all = append(all, strings.Trim(words[0], "\"`"))
			}
		}
	}
	return all
}

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
			if problem := statement(s.file, text); problem != "" {
				t.Errorf("%s: %s: %.100q", s.file, problem, text)
			}
			for _, table := range append(tablesIn(text), composers[s.file]...) {
				if tables[table] {
					if users[table] == nil {
						users[table] = map[string]bool{}
					}
					users[table][s.pkg] = true
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

// statement says what hides the tables of a text from this test.
func statement(file, text string) string {
	_, composes := composers[file]
	switch {
	case small.MatchString(text) && !capital.MatchString(text):
		return "the words of SQL are written in capitals"
	case computed.MatchString(text) && !composes:
		return "the table of a statement stands in it, or its file is one of the composers"
	}
	return ""
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
		for _, m := range removals.FindAllStringSubmatch(up, -1) {
			delete(tables, m[1])
		}
		for _, m := range renames.FindAllStringSubmatch(up, -1) {
			delete(tables, m[1])
			tables[m[2]] = true
		}
	}
	return tables
}

func statementType(e ast.Expr) bool {
	of, ok := e.(*ast.SelectorExpr)
	return ok && slices.Contains([]string{"Insert", "Update", "Delete"}, of.Sel.Name)
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
		return unknown
	}
	part := map[ast.Expr]bool{} // of what is added up
	ast.Inspect(f, func(n ast.Node) bool {
		// store.Insert, Update and Delete name their table in a field.
		if made, ok := n.(*ast.CompositeLit); ok && statementType(made.Type) {
			for _, field := range made.Elts {
				if kv, ok := field.(*ast.KeyValueExpr); ok && slices.Contains([]string{"Into", "Table", "From"}, kv.Key.(*ast.Ident).Name) {
					all = append(all, "INTO "+text(kv.Value))
				}
			}
		}
		e, ok := n.(ast.Expr)
		if sum, adds := e.(*ast.BinaryExpr); adds {
			part[sum.X], part[sum.Y] = true, true
		}
		if ok && !part[e] {
			if s := text(e); strings.Trim(s, unknown+" ") != "" {
				all = append(all, s)
			}
		}
		return true
	})
	return all
}

// TestNoStatementHidesItsTable however it is written.
func TestNoStatementHidesItsTable(t *testing.T) {
	for _, c := range []struct{ source, named, problem string }{
		{`"SELECT id FROM draft"`, "draft", ""},
		{`"SELECT d.id FROM draft d, message m WHERE d.id = m.id"`, "draft message", ""},
		{`"SELECT d.id FROM draft AS d , message m"`, "draft message", ""},
		{"\"SELECT id FROM \\\"draft\\\"\"", "draft", ""},
		{`"SELECT id FROM " + "draft WHERE id = ?"`, "draft", ""},
		{`store.Insert{Into: "draft (org_id)"}`, "draft", ""},
		{`"select id from draft"`, "", "capitals"},
		{`"insert into draft values (1)"`, "", "capitals"},
		{`"SELECT id FROM " + table`, "", "stands in it"},
		{`fmt.Sprintf("SELECT id FROM %s", table)`, "", "stands in it"},
		{`fmt.Sprintf("UPDATE %[1]s SET id = 1", table)`, "", "stands in it"},
		{`store.Delete{From: table}`, "", "stands in it"},
		{`"remove a draft from the queue"`, "", ""},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package p\nvar _ = "+c.source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		named, problem := map[string]bool{}, ""
		for _, text := range literals(f) {
			for _, table := range tablesIn(text) {
				named[table] = true
			}
			problem += statement("x.go", text)
		}
		if got := strings.Join(slices.Sorted(maps.Keys(named)), " "); c.problem == "" && got != c.named || (c.problem == "") != (problem == "") || !strings.Contains(problem, c.problem) {
			t.Errorf("%s names %q, %q", c.source, got, problem)
		}
	}
}
