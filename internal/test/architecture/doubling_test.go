package architecture

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"testing"
)

// A wait that doubles is rule/backoff's: elsewhere it would have no jitter, or
// another one, and its own way to overflow.
func TestWaitsDoubleInOnePlace(t *testing.T) {
	fset, all := loadTyped(t)
	for _, p := range all {
		if p.path == "rule/backoff" {
			continue
		}
		for _, f := range p.files {
			for _, at := range doublings(p.info, f) {
				t.Errorf("%s: a duration grows by doubling: let backoff.Pause compute it", fset.Position(at.Pos()))
			}
		}
	}
}

// doublings are the places where a duration is shifted, multiplied by itself
// again and again, or made of a power.
func doublings(info *types.Info, in ast.Node) (found []ast.Node) {
	ast.Inspect(in, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if becomesMore(info, n) {
				found = append(found, n)
			}
		case *ast.BinaryExpr:
			if n.Op == token.SHL && isDuration(info, n) && info.Types[n].Value == nil {
				found = append(found, n)
			}
		case *ast.CallExpr: // time.Duration(1 << n), time.Duration(math.Pow(2, n))
			if info.Types[n.Fun].IsType() && isDuration(info, n) && info.Types[n].Value == nil && ofPower(info, n.Args[0]) {
				found = append(found, n)
			}
		}
		return true
	})
	return found
}

// becomesMore reports whether a statement makes a duration a multiple of itself.
func becomesMore(info *types.Info, s *ast.AssignStmt) bool {
	if s.Tok == token.SHL_ASSIGN || s.Tok == token.MUL_ASSIGN {
		return isDuration(info, s.Lhs[0])
	}
	return slices.ContainsFunc(s.Lhs, func(to ast.Expr) bool {
		return isDuration(info, to) && slices.ContainsFunc(s.Rhs, func(from ast.Expr) bool { return multiple(info, to, from) })
	})
}

// multiple reports whether an expression has a place more than once in it: x+x,
// 2*x.
func multiple(info *types.Info, of, in ast.Expr) (found bool) {
	same := func(e ast.Expr) bool { return types.ExprString(ast.Unparen(e)) == types.ExprString(of) }
	factor := func(e ast.Expr) bool {
		v := info.Types[e].Value
		return v != nil && constant.Compare(v, token.GEQ, constant.MakeInt64(2))
	}
	ast.Inspect(in, func(n ast.Node) bool {
		b, isBinary := n.(*ast.BinaryExpr)
		if isBinary {
			found = found || b.Op == token.ADD && same(b.X) && same(b.Y) || b.Op == token.MUL && (same(b.X) && factor(b.Y) || factor(b.X) && same(b.Y))
		}
		return !found
	})
	return found
}

// ofPower reports whether a number is shifted, or a power.
func ofPower(info *types.Info, in ast.Expr) (found bool) {
	ast.Inspect(in, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			found = found || n.Op == token.SHL && info.Types[n].Value == nil
		case *ast.SelectorExpr:
			f, isFunc := info.Uses[n.Sel].(*types.Func)
			found = found || isFunc && f.Pkg() != nil && f.Pkg().Path() == "math" && (f.Name() == "Pow" || f.Name() == "Exp2" || f.Name() == "Ldexp")
		}
		return !found
	})
	return found
}

func isDuration(info *types.Info, e ast.Expr) bool {
	named, isNamed := info.TypeOf(e).(*types.Named)
	return isNamed && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "time" && named.Obj().Name() == "Duration"
}

func TestDoublingIsFound(t *testing.T) {
	info, bodies := checkedText(t, `package p
import ("math"; "time")
func assigned(d time.Duration) { d *= 2 }
func shifted(d time.Duration, n int) time.Duration { return min(d<<min(n, 6), time.Hour) }
func again(d time.Duration) { d = min(time.Hour, 2*d) }
func itself(d time.Duration) { d = d + d }
func made(n int) time.Duration { return time.Second * time.Duration(1<<n) }
func power(n int) time.Duration { return time.Duration(math.Pow(2, float64(n))) }
func constant() time.Duration { return 2*time.Second + 1<<20 }
func twice(d time.Duration) time.Duration { return 2 * d }
func most(n int) time.Duration { return time.Duration(min(n, 1<<16)) * time.Second }
func times(n int) time.Duration { return time.Duration(n) * time.Second }
func bits(n uint64) uint64 { n <<= 1; return n << 3 }
`)
	for name, body := range bodies {
		want := !slices.Contains([]string{"constant", "twice", "most", "times", "bits"}, name)
		if got := len(doublings(info, body)) > 0; got != want {
			t.Errorf("%s is a doubling: %v, want %v", name, got, want)
		}
	}
}
