package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	quoted = regexp.MustCompile("`([^`\n]+)`")
	place  = regexp.MustCompile(`^[A-Za-z0-9_-]+(/[A-Za-z0-9_.-]+)*/?$|^[A-Za-z0-9_/-]+\.go$`)
	cited  = regexp.MustCompile(`(?:^|[\s("])((?:internal|docs|cmd|sandbox|scripts|tools)/[A-Za-z0-9_/.-]*[A-Za-z0-9_])`)
	inside = regexp.MustCompile(`\binternal/[A-Za-z0-9_/.-]*[A-Za-z0-9_]`)
)

// A path that the map, a decision, or a comment names leads somewhere: who
// moves a package also moves what is said of it.
func TestPathsLeadSomewhere(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	all := paths(t, root)
	there := func(said string) bool {
		said = "/" + strings.Trim(strings.TrimPrefix(said, "./"), "/")
		return slices.ContainsFunc(all, func(p string) bool { return strings.HasSuffix(p, said) })
	}
	decisions, err := filepath.Glob(filepath.Join(root, "docs", "decisions", "*.md"))
	if err != nil || len(decisions) == 0 {
		t.Fatalf("the decisions are not there: %v", err)
	}
	for _, doc := range append(decisions, filepath.Join(root, "docs", "architecture.md"), filepath.Join(root, "docs", "benchmarks.md"), filepath.Join(root, "Makefile")) {
		text, err := os.ReadFile(doc) //nolint:gosec // the module's own files
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			if said := strings.TrimPrefix(m[1], "./"); isPath(said) && !there(said) {
				t.Errorf("%s: %s leads nowhere", filepath.Base(doc), m[1])
			}
		}
		for _, said := range inside.FindAllString(string(text), -1) {
			if !there(said) {
				t.Errorf("%s: %s leads nowhere", filepath.Base(doc), said)
			}
		}
	}
	for _, file := range all {
		if strings.HasSuffix(file, ".go") {
			for _, said := range named(t, filepath.Join(root, file)) {
				if !slices.Contains(all, "/"+said) {
					t.Errorf("%s: %s leads nowhere", file, said)
				}
			}
		}
	}
}

// isPath reports whether what stands in quotes names a place in the house.
func isPath(said string) bool {
	if !place.MatchString(said) {
		return false
	}
	first, _, deep := strings.Cut(said, "/")
	top := []string{"internal", "cmd", "sandbox", "scripts", "docs", "tools"}
	return strings.HasSuffix(said, ".go") || deep && (slices.Contains(top, first) || slices.Contains(districts, first) || first == aids)
}

// paths lists the module's files and folders, each with a slash before it.
func paths(t *testing.T, root string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		all = append(all, "/"+filepath.ToSlash(rel))
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "build" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// named are the paths that the comments of a file name.
func named(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, group := range parsed.Comments {
		for _, c := range group.List {
			all = append(all, placesIn(c)...)
		}
	}
	return all
}

func placesIn(c *ast.Comment) []string {
	var all []string
	for _, found := range cited.FindAllStringSubmatch(c.Text, -1) {
		if !strings.Contains(found[1], "/testdata/") {
			all = append(all, strings.TrimRight(found[1], "."))
		}
	}
	return all
}

// TestPackagesAreCalledByTheirNames in their comments, and each stands on the map.
func TestPackagesAreCalledByTheirNames(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile("[a-z0-9_]+")
	rooms := map[string][]string{}
	for _, line := range strings.Split(string(text), "\n") {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			for _, m := range quoted.FindAllStringSubmatch(strings.Join(cells[2:], " "), -1) {
				at := strings.Trim(cells[1], " `")
				rooms[at] = append(rooms[at], words.FindAllString(m[1], -1)...)
			}
		}
	}
	seen := map[string]bool{}
	for _, s := range load(t) {
		if s.ast.Doc != nil && strings.HasPrefix(s.ast.Doc.Text(), "Package ") {
			if said := strings.FieldsFunc(s.ast.Doc.Text(), func(r rune) bool { return r == ' ' || r == '\n' })[1]; strings.Trim(said, ",.:") != s.ast.Name.Name {
				t.Errorf("%s calls package %s by the name of %s", s.file, s.ast.Name.Name, said)
			}
		}
		district, room, deep := strings.Cut(s.pkg, "/")
		room, _, _ = strings.Cut(room, "/")
		if deep && slices.Contains(append(slices.Clone(districts), aids), district) && !seen[district+"/"+room] {
			seen[district+"/"+room] = true
			if !slices.Contains(rooms[district], room) {
				t.Errorf("%s/%s is not on the map", district, room)
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d packages are found", len(seen))
	}
}
