package architecture

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// typed is a package of ours with the types of what stands in it.
type typed struct {
	path  string // without "einklang/internal/"
	files []*ast.File
	types *types.Package
	info  *types.Info
}

// loadTyped returns the packages of the program with their types. They are read
// once for all tests, which change nothing of them.
func loadTyped(t *testing.T) (*token.FileSet, []typed) {
	t.Helper()
	read, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return read.fset, read.all
}

type read struct {
	fset *token.FileSet
	all  []typed
}

// program reads the packages. What they import is read as the compiler left it.
var program = sync.OnceValues(func() (read, error) {
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}\t{{.Dir}}\t{{range .GoFiles}}{{.}} {{end}}", "./cmd/...", "./internal/...")
	list.Dir, list.Stderr = root, os.Stderr
	out, err := list.Output()
	if err != nil {
		return read{}, err
	}
	exports, fset := map[string]string{}, token.NewFileSet()
	compiled := compiledIn(fset, exports)
	var ours [][]string
	for line := range strings.Lines(string(out)) {
		p := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		exports[p[0]] = p[1]
		if within(p[0], "einklang") && !within(p[0], "einklang/internal/test") && !within(p[0], "einklang/sandbox") {
			ours = append(ours, p)
		}
	}
	var all []typed
	for _, p := range ours {
		one := typed{path: strings.TrimPrefix(p[0], "einklang/internal/"), info: newInfo()}
		for name := range strings.FieldsSeq(p[3]) {
			f, err := parser.ParseFile(fset, filepath.Join(p[2], name), nil, parser.SkipObjectResolution)
			if err != nil {
				return read{}, err
			}
			one.files = append(one.files, f)
		}
		config := types.Config{Importer: compiled}
		if one.types, err = config.Check(p[0], fset, one.files, one.info); err != nil {
			return read{}, err
		}
		all = append(all, one)
	}
	if len(all) < 50 {
		return read{}, fmt.Errorf("only %d packages are found", len(all))
	}
	return read{fset, all}, nil
})

// compiledIn reads packages as the compiler left them in files, by their paths.
func compiledIn(fset *token.FileSet, exports map[string]string) types.Importer {
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
}

func newInfo() *types.Info {
	return &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
}

// checkedText reads the text of a package with its types, and tells the bodies of
// its functions.
func checkedText(t *testing.T, text string) (*types.Info, map[string]ast.Node) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "encoding/json", "fmt", "math", "strconv", "time", "log/slog", "./internal/rule/pii")
	list.Dir, list.Stderr = root, os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports, fset, info := map[string]string{}, token.NewFileSet(), newInfo()
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = file
	}
	f, err := parser.ParseFile(fset, "p.go", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	config := types.Config{Importer: compiledIn(fset, exports)}
	if _, err := config.Check("einklang/p", fset, []*ast.File{f}, info); err != nil {
		t.Fatal(err)
	}
	bodies := map[string]ast.Node{}
	for _, d := range f.Decls {
		if function, isFunction := d.(*ast.FuncDecl); isFunction {
			bodies[function.Name.Name] = function.Body
		}
	}
	return info, bodies
}
