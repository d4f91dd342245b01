package architecture

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// flow is what variables of a function hold: those to which a text of a personal
// struct came, and what it was.
type flow struct {
	info *types.Info
	held map[types.Object]string
}

// quoting are the packages whose errors quote what could not be read.
var quoting = []string{"strconv", "time", "net/url", "net/netip", "net/mail", "mime"}

// marshals are the packages that write a personal struct in full.
var marshals = []string{"encoding/json", "encoding/xml"}

// flows reads a function, with those that are written in it, until nothing more
// comes to a variable.
func flows(info *types.Info, body ast.Node) flow {
	f := flow{info, map[types.Object]string{}}
	for known := -1; known < len(f.held); {
		known = len(f.held)
		ast.Inspect(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				f.assign(n.Lhs, n.Rhs)
			case *ast.ValueSpec:
				names := make([]ast.Expr, len(n.Names))
				for i, name := range n.Names {
					names[i] = name
				}
				f.assign(names, n.Values)
			case *ast.RangeStmt:
				f.assign([]ast.Expr{n.Key, n.Value}, []ast.Expr{n.X})
			}
			return true
		})
	}
	return f
}

// assign lets what is on the right come to the variables on the left.
func (f flow) assign(left, right []ast.Expr) {
	for i, to := range left {
		name, isName := to.(*ast.Ident)
		if !isName || len(right) == 0 {
			continue
		}
		from := right[0]
		if len(left) == len(right) {
			from = right[i]
		}
		variable := f.info.Defs[name]
		if variable == nil {
			variable = f.info.Uses[name]
		}
		if variable == nil || f.held[variable] != "" {
			continue
		}
		quoted := isError(variable.Type()) && quotes(f.info, from)
		if what := f.texts(from); len(what) > 0 && (isText(variable.Type()) || quoted) {
			f.held[variable] = what[0]
		}
	}
}

// texts are the texts of personal structs from which an expression is made,
// directly or by way of a variable.
func (f flow) texts(e ast.Expr) []string {
	all := personalTexts(f.info, e)
	ast.Inspect(e, func(n ast.Node) bool {
		if call, isCall := n.(*ast.CallExpr); isCall && measures(f.info, call) {
			return false
		} else if isCall && isOf(f.info, call, marshals) {
			for _, arg := range call.Args {
				if of := f.info.Types[arg].Type; of != nil && holdsPersonal(of, map[types.Type]bool{}) {
					all = append(all, "what is written of "+types.ExprString(arg))
				}
			}
		}
		if name, isName := n.(*ast.Ident); isName {
			if what := f.held[f.info.Uses[name]]; what != "" {
				all = append(all, name.Name+" ("+strings.TrimSuffix(what, ")")+")")
			}
		}
		return true
	})
	return all
}

// measures reports whether a call yields how long something is.
func measures(info *types.Info, call *ast.CallExpr) bool {
	name, isName := call.Fun.(*ast.Ident)
	return isName && info.Uses[name] == types.Universe.Lookup("len")
}

// quotes reports whether an error of a call quotes what it was given.
func quotes(info *types.Info, e ast.Expr) bool {
	call, isCall := e.(*ast.CallExpr)
	return isCall && isOf(info, call, quoting)
}

// isOf reports whether what is called is of one of some packages.
func isOf(info *types.Info, call *ast.CallExpr, packages []string) bool {
	s, isSelector := call.Fun.(*ast.SelectorExpr)
	if !isSelector {
		return false
	}
	of := info.Uses[s.Sel]
	return of != nil && of.Pkg() != nil && slices.Contains(packages, of.Pkg().Path())
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// TestNothingPersonalIsPrintedByWayOfAVariable: a text that was taken out of a
// personal struct into a variable is given to no log, no error and no panic of
// the same function.
func TestNothingPersonalIsPrintedByWayOfAVariable(t *testing.T) {
	fset, all := loadTyped(t)
	variables := 0
	for _, p := range all {
		for _, file := range p.files {
			for _, d := range file.Decls {
				function, isFunction := d.(*ast.FuncDecl)
				if !isFunction || function.Body == nil {
					continue
				}
				f := flows(p.info, function.Body)
				variables += len(f.held)
				for call, arg := range printedIn(p.info, function.Body) {
					for _, what := range f.texts(arg) {
						t.Errorf("%s: %s is given %s", fset.Position(arg.Pos()), printer(p.info, call), what)
					}
				}
			}
		}
	}
	if variables < 200 {
		t.Fatalf("only %d variables with personal texts are found", variables)
	}
}

// printedIn goes through what a function gives to logs, errors and panics.
func printedIn(info *types.Info, body ast.Node) func(yield func(*ast.CallExpr, ast.Expr) bool) {
	return func(yield func(*ast.CallExpr, ast.Expr) bool) {
		ast.Inspect(body, func(n ast.Node) bool {
			call, isCall := n.(*ast.CallExpr)
			if !isCall || printer(info, call) == "" || printer(info, call) == "fmt" {
				return true
			}
			for _, arg := range call.Args {
				if !yield(call, arg) {
					return false
				}
			}
			return true
		})
	}
}

// The flow sees a text that goes through variables, and nothing else.
func TestTheFlowSeesWhatIsTakenIntoAVariable(t *testing.T) {
	info, bodies := checkedText(t, `package p
import ("encoding/json"; "fmt"; "strconv"; "log/slog"; "einklang/internal/rule/pii")
type person struct { pii.Personal; Name string; Age int }
func direct(p person) error { name := p.Name; return fmt.Errorf("%q", name) }
func made(p person) { a := fmt.Sprintf("<%s>", p.Name); b := a[1:]; slog.Info("x", "y", b) }
func each(all []person) { for _, p := range all { var n = p.Name; panic("no " + n) } }
func quoted(p person) error { _, err := strconv.Atoi(p.Name); return fmt.Errorf("read: %w", err) }
func later(p person) error { var n string; f := func() error { return fmt.Errorf("%s", n) }; n = p.Name; return f() }
func counted(p person) error { n := len(p.Name); name := "x"; _ = p.Name; return fmt.Errorf("%d %s %d", n, name, len(name)) }
func written(p *person) { raw, _ := json.Marshal(p); slog.Info("x", "y", string(raw)) }
func length(p person) error { name := p.Name; return fmt.Errorf("%d", len(name)) }
`)
	for name, want := range map[string]bool{"direct": true, "made": true, "each": true, "quoted": true, "later": true, "written": true, "counted": false, "length": false} {
		f, found := flows(info, bodies[name]), false
		for _, arg := range printedIn(info, bodies[name]) {
			found = found || len(f.texts(arg)) > 0
		}
		if found != want {
			t.Errorf("%s: %t, want %t", name, found, want)
		}
	}
}
