package architecture

import (
	"go/ast"
	"strings"
	"testing"
)

// TestWhatRunsIsSeenToEnd: a package with something that runs looks in a test of
// its own whether that ends and leaves no goroutine.
func TestWhatRunsIsSeenToEnd(t *testing.T) {
	runs, looks := map[string]string{}, map[string]bool{}
	for _, s := range load(t) {
		if s.test {
			for _, spec := range s.ast.Imports {
				looks[s.pkg] = looks[s.pkg] || strings.Trim(spec.Path.Value, `"`) == "einklang/internal/"+aids+"/leaktest"
			}
		} else if running(s.ast) {
			runs[s.pkg] = s.file
		}
	}
	for pkg, file := range runs {
		if !looks[pkg] {
			t.Errorf("%s has something that runs, and no test of %s sees it end: take leaktest.Runs", file, pkg)
		}
	}
	if len(runs) < 10 {
		t.Errorf("only %v run", runs)
	}
}

// running reports whether a file has a method Run whose first parameter is a
// context.
func running(f *ast.File) bool {
	for _, d := range f.Decls {
		fn, is := d.(*ast.FuncDecl)
		if !is || fn.Recv == nil || fn.Name.Name != "Run" || len(fn.Type.Params.List) == 0 {
			continue
		}
		if of, is := fn.Type.Params.List[0].Type.(*ast.SelectorExpr); is && selector(of) == "context.Context" {
			return true
		}
	}
	return false
}
