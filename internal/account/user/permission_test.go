package user_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"einklang/internal/account/user"
)

// Every permission that the code names is in the list that the table shows, and
// somebody has it.
func TestEveryPermissionIsInTheTable(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "permission.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is {
			return true
		}
		if kind, is := spec.Type.(*ast.Ident); !is || kind.Name != "Permission" {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		named++
		p := user.Permission(text)
		if !slices.Contains(user.Permissions(), p) {
			t.Errorf("%s is not in the list", p)
		}
		if !slices.ContainsFunc(user.Roles(), func(r user.Role) bool { return r.Rights().May(p) }) {
			t.Errorf("nobody may %s", p)
		}
		return true
	})
	if named == 0 || named != len(user.Permissions()) {
		t.Errorf("%d permissions are named, %d listed", named, len(user.Permissions()))
	}
}
