package architecture

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"
)

// kindsTold are the packages that make an identifier of a kind from one whose
// kind is told beside it, and by what it is told.
var kindsTold = map[string]string{
	"account/audit":        "an entry names the kind of what it is about",
	"app/house":            "what stands after a restore names its kind",
	"consent/optin":        "a sale was entered by an account or a program, and says which; a link is its bytes",
	"door/web/inbox":       "an item names its kind",
	"door/web/oversight":   "an entry says who: staff",
	"engine/blob":          "a file is a file whoever owns it",
	"engine/journal":       "the entries are of people",
	"engine/live":          "a signal is its bytes",
	"engine/mail":          "an address to bounce to is its bytes",
	"engine/vault":         "a key names its owner, and a seal its key",
	"importing/chats":      "the job is of imports",
	"importing/lists":      "the job is of imports; what was done says what with",
	"messaging/assignment": "an item names its kind",
	"messaging/intake":     "a payload whose owner is not the organisation is a person's",
	"messaging/search":     "a segment is its bytes",
	"phones/addressbook":   "the entries are of people",
	"rights/breach":        "a mail that came back is of the kind of these letters",
	"rights/backup":        "a name of a file is its bytes; owners that are no other thing are people",
	"rights/retention":     "a page's first row is a hold",
	"rule/gate":            "a basis names its kind",
}

// oneOfAnother are the conversions from one kind to another that are meant: two
// things that are the same row.
var oneOfAnother = map[string]string{
	"consent/optin: Wording to Entry":      "what is proven of a wording has its identifier",
	"consent/optin: Matter to Entry":       "what is proven of a matter has its identifier",
	"consent/optin: Consent to Entry":      "what is proven of a consent has its identifier",
	"consent/optin: Doubt to Entry":        "what is proven of a doubt has its identifier",
	"consent/optin: Sale to Consent":       "a use of a sale is stored as that of a consent",
	"consent/notice: Notice to Entry":      "what is proven of a notice has its identifier",
	"consent/notice: Entry to Message":     "what was handed over otherwise is named by its proof",
	"door/web/consent: Wording to Entry":   "what is proven of a wording has its identifier",
	"door/web/consent: Notice to Entry":    "what is proven of a notice has its identifier",
	"door/web/inbox: Notice to Item":       "what happened is told apart by what it is of",
	"messaging/outbox: Person to Contract": "a person's contract is a mark on her",
}

// An identifier of one kind does not become one of another: the compiler refuses
// to mix them up, except where the kind is written out, and that is done where
// something tells it.
func TestIdentifiersKeepTheirKind(t *testing.T) {
	fset, all := loadTyped(t)
	told, mixed := map[string]bool{}, map[string]bool{}
	for _, p := range all {
		if p.path == "rule/id" {
			continue
		}
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				call, isCall := n.(*ast.CallExpr)
				if !isCall || len(call.Args) != 1 || !p.info.Types[call.Fun].IsType() {
					return true
				}
				to, _ := kindOf(p.info.TypeOf(call))
				from, known := origin(p.info, call.Args[0])
				switch {
				case !known || to == "" || to == "thing" || to == "place" || from == to:
				case from == "thing" || from == "place" || from == "":
					told[p.path] = true
					if kindsTold[p.path] == "" {
						t.Errorf("%s: an identifier becomes one of a %s, and nothing is known to tell that it is", fset.Position(call.Pos()), to)
					}
				default:
					which := fmt.Sprintf("%s: %s to %s", p.path, raised(from), raised(to))
					mixed[which] = true
					if oneOfAnother[which] == "" {
						t.Errorf("%s: %s", fset.Position(call.Pos()), which)
					}
				}
				return true
			})
		}
	}
	for _, path := range slices.Sorted(maps.Keys(kindsTold)) {
		if !told[path] {
			t.Errorf("%s makes no identifiers of a kind", path)
		}
	}
	for _, which := range slices.Sorted(maps.Keys(oneOfAnother)) {
		if !mixed[which] {
			t.Errorf("there is no %q", which)
		}
	}
}

func raised(kind string) string { return strings.ToUpper(kind[:1]) + kind[1:] }

// origin is the kind that an identifier has before it loses it on the way: that
// of id.ID(x) is the one of x. Empty: bytes. Not known: no identifier, or a new
// one.
func origin(info *types.Info, e ast.Expr) (kind string, known bool) {
	for {
		e = ast.Unparen(e)
		call, isCall := e.(*ast.CallExpr)
		if !isCall {
			break
		}
		if info.Types[call.Fun].IsType() && len(call.Args) == 1 {
			e = call.Args[0]
			continue
		}
		if f, isSelector := call.Fun.(*ast.SelectorExpr); isSelector && f.Sel.Name == "New" {
			return "", false
		}
		break
	}
	return kindOf(info.TypeOf(e))
}

// kindOf is the kind of an identifier; empty for one of whatever kind.
func kindOf(t types.Type) (kind string, known bool) {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if t.Obj().Name() == "Of" && t.Obj().Pkg().Path() == "einklang/internal/rule/id" {
			return types.Unalias(t.TypeArgs().At(0)).(*types.Named).Obj().Name(), true
		}
	case *types.Array:
		if b, isBasic := t.Elem().(*types.Basic); isBasic && b.Kind() == types.Byte && t.Len() == 16 {
			return "", true
		}
	case *types.Slice:
		if b, isBasic := t.Elem().(*types.Basic); isBasic && b.Kind() == types.Byte {
			return "", true
		}
	}
	return "", false
}
