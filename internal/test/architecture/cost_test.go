package architecture

import (
	"go/ast"
	"go/types"
	"testing"
)

// What a password costs is decided in account/user only: the program hands a
// Cost on, which is the usual one unless a test sets another, and makes none.
func TestNoPasswordIsMadeCheap(t *testing.T) {
	fset, all := loadTyped(t)
	handed := 0
	for _, p := range all {
		if p.path == "account/user" {
			continue
		}
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if use, isFunc := p.info.Uses[n.Sel].(*types.Func); isFunc && use.Pkg() != nil && use.Pkg().Path() == "einklang/internal/account/user" {
						if use.Name() == "Trifling" {
							t.Errorf("%s: passwords are made cheap to guess", fset.Position(n.Pos()))
						}
						if use.Name() == "Costing" {
							handed++
						}
					}
				case *ast.CompositeLit:
					if named, isNamed := p.info.TypeOf(n).(*types.Named); isNamed && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "einklang/internal/account/user" && named.Obj().Name() == "Cost" {
						t.Errorf("%s: it says what a password costs", fset.Position(n.Pos()))
					}
				}
				return true
			})
		}
	}
	if handed != 1 {
		t.Errorf("a cost is handed on in %d places, want 1: where accounts are built", handed)
	}
}
