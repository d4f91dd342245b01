package architecture

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Nothing about a person stands in a log, an error or a panic (house rule 4).
// Structs that hold personal data embed pii.Personal; that it writes nothing, in
// whatever way it is printed, its own test shows.

// TestEveryStructSaysWhetherItIsPersonal: one with texts of its own, exported or
// not, of whatever package, embeds pii.Personal, or stands in notPersonal with a reason; and what holds a
// personal one is itself personal.
func TestEveryStructSaysWhetherItIsPersonal(t *testing.T) {
	_, all := loadTyped(t)
	listed := map[string]bool{}
	for _, names := range notPersonal {
		for name := range strings.FieldsSeq(names) {
			listed[name] = true
		}
	}
	used := map[string]bool{}
	for _, p := range all {
		for _, of := range structsOf(p) {
			full, personal := p.path+"."+of.Name(), isPersonal(of.Type())
			texts := slices.ContainsFunc(slices.Collect(of.Type().Underlying().(*types.Struct).Fields()), func(f *types.Var) bool { return isText(f.Type()) })
			switch {
			case personal && listed[full]:
				t.Errorf("%s is personal, and listed as not personal", full)
			case texts && !personal && !listed[full]:
				t.Errorf("%s holds texts: embed pii.Personal, or list it in notPersonal", full)
			case !personal && holdsPersonal(of.Type(), map[types.Type]bool{}):
				t.Errorf("%s holds a personal struct: embed pii.Personal", full)
			}
			used[full] = used[full] || texts
		}
	}
	maps.DeleteFunc(listed, func(name string, _ bool) bool { return used[name] })
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		t.Errorf("%s is listed as not personal, and holds no texts", name)
	}
}

// structsOf are the structs of a package that have a name, wherever they are
// declared and whoever may use them.
func structsOf(p typed) (all []*types.TypeName) {
	for _, o := range p.info.Defs {
		of, isType := o.(*types.TypeName)
		if !isType || of.IsAlias() {
			continue
		}
		if _, isParameter := of.Type().(*types.TypeParam); isParameter {
			continue
		}
		if _, isStruct := of.Type().Underlying().(*types.Struct); isStruct {
			all = append(all, of)
		}
	}
	slices.SortFunc(all, func(a, b *types.TypeName) int { return int(a.Pos() - b.Pos()) })
	return all
}

// TestNothingPersonalIsPrinted: what is logged, becomes an error or a panic is
// struct of ours, which might hold personal data, and no text of a personal one.
// Nor is a personal one given to fmt, which would make the same text of all.
func TestNothingPersonalIsPrinted(t *testing.T) {
	fset, all := loadTyped(t)
	printed := 0
	for _, p := range all {
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				call, isCall := n.(*ast.CallExpr)
				if !isCall {
					return true
				}
				into := printer(p.info, call)
				if into == "" {
					return true
				}
				printed++
				for _, arg := range given(call.Args) {
					of := p.info.Types[arg].Type
					if of != nil && holdsPersonal(of, map[types.Type]bool{}) {
						t.Errorf("%s: %s is given %s, of which it prints nothing", fset.Position(arg.Pos()), into, of)
					}
					if into == "fmt" { // how texts are made
						continue
					}
					if of != nil && isOurs(of) {
						t.Errorf("%s: %s is given a %s: say which of its fields", fset.Position(arg.Pos()), into, of)
					}
					for _, what := range personalTexts(p.info, arg) {
						t.Errorf("%s: %s is given %s, a text of a personal struct", fset.Position(arg.Pos()), into, what)
					}
				}
				return true
			})
		}
	}
	if printed < 500 {
		t.Fatalf("only %d calls that print are found", printed)
	}
}

// given are the arguments of a call, and what is put into them where they are
// written: a map or a list of anything hides what it holds.
func given(args []ast.Expr) (all []ast.Expr) {
	for _, arg := range args {
		all = append(all, arg)
		switch e := arg.(type) {
		case *ast.CompositeLit:
			all = append(all, given(e.Elts)...)
		case *ast.KeyValueExpr:
			all = append(all, given([]ast.Expr{e.Value})...)
		}
	}
	return all
}

// printer names what a call prints into, or nothing.
func printer(info *types.Info, call *ast.CallExpr) string {
	name, isIdent := call.Fun.(*ast.Ident)
	if s, isSelector := call.Fun.(*ast.SelectorExpr); isSelector {
		name = s.Sel
	} else if !isIdent {
		return ""
	}
	switch of := info.Uses[name]; {
	case of == nil:
		return ""
	case of.Pkg() == nil:
		if of.Name() == "panic" {
			return "panic"
		}
	case of.Pkg().Path() == "log/slog", of.Pkg().Path() == "log":
		return "a log"
	case of.Pkg().Path() == "errors" && of.Name() == "New", of.Pkg().Path() == "fmt" && of.Name() == "Errorf":
		return "an error"
	case of.Pkg().Path() == "fmt", of.Pkg().Path() == "einklang/internal/rule/i18n" && of.Name() == "T": // the catalogue prints what fills its gaps
		return "fmt"
	}
	return ""
}

// personalTexts are the texts of personal structs from which an expression is
// made: their fields, and what their methods return.
func personalTexts(info *types.Info, e ast.Expr) (all []string) {
	ast.Inspect(e, func(n ast.Node) bool {
		s, isSelector := n.(*ast.SelectorExpr)
		if !isSelector {
			return true
		}
		chosen := info.Selections[s]
		if chosen == nil || !isPersonal(chosen.Recv()) {
			return true
		}
		owner := strings.TrimPrefix(strings.TrimPrefix(chosen.Recv().String(), "*"), "einklang/internal/")
		if speakFreely[owner+"."+chosen.Obj().Name()] != "" {
			return true
		}
		made := chosen.Type()
		if f, isFunc := made.(*types.Signature); isFunc && f.Results().Len() > 0 {
			made = f.Results().At(0).Type()
		}
		if isText(made) {
			all = append(all, types.ExprString(s))
		}
		return true
	})
	return all
}

// isOurs reports whether a value is a struct of ours, or several, and no error.
func isOurs(t types.Type) bool {
	if types.Implements(t, types.Universe.Lookup("error").Type().Underlying().(*types.Interface)) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return isOurs(u.Elem())
	case *types.Slice:
		return isOurs(u.Elem())
	case *types.Map:
		return isOurs(u.Elem())
	case *types.Struct:
		named, isNamed := types.Unalias(t).(*types.Named)
		return !isNamed || within(named.Obj().Pkg().Path(), "einklang")
	}
	return false
}

// isPersonal reports whether printing a value, or a pointer to one, is printing
// pii.Personal.
func isPersonal(t types.Type) bool {
	if p, isPointer := t.Underlying().(*types.Pointer); isPointer {
		t = p.Elem()
	}
	if _, isStruct := t.Underlying().(*types.Struct); !isStruct {
		return false
	}
	for _, name := range []string{"Format", "LogValue"} {
		method := types.NewMethodSet(t).Lookup(nil, name)
		if method == nil || method.Obj().Pkg().Path() != "einklang/internal/rule/pii" && !writesItself[strings.TrimPrefix(t.String(), "einklang/internal/")] {
			return false
		}
	}
	return true
}

// holdsPersonal reports whether a personal struct lies in a value.
func holdsPersonal(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch u := t.Underlying().(type) {
	case *types.Struct:
		return isPersonal(t) || slices.ContainsFunc(slices.Collect(u.Fields()), func(f *types.Var) bool { return holdsPersonal(f.Type(), seen) })
	case *types.Pointer:
		return holdsPersonal(u.Elem(), seen)
	case *types.Slice:
		return holdsPersonal(u.Elem(), seen)
	case *types.Array:
		return holdsPersonal(u.Elem(), seen)
	case *types.Map:
		return holdsPersonal(u.Key(), seen) || holdsPersonal(u.Elem(), seen)
	}
	return false
}

// isText reports whether a type is text, alone or many: not the named types of
// kinds and states, which are words of ours.
func isText(t types.Type) bool {
	switch u := types.Unalias(t).(type) {
	case *types.Basic:
		return u.Kind() == types.String || u.Kind() == types.Byte
	case *types.Slice:
		return isText(u.Elem())
	case *types.Pointer:
		return isText(u.Elem())
	case *types.Map:
		return isText(u.Key()) || isText(u.Elem())
	case *types.Named:
		return u.Obj().Name() == "RawMessage"
	}
	return false
}
