package architecture

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// TestDiceSayTheirSeed: a test that fails by chance can be run again as it was.
func TestDiceSayTheirSeed(t *testing.T) {
	seen := 0
	for _, s := range load(t) {
		if !s.test && !within(s.pkg, aids) || s.pkg == "test/chance" {
			continue
		}
		seen++
		for _, v := range judgeDice(s.ast) {
			t.Errorf("%s: %s", s.file, v)
		}
	}
	if seen < 100 {
		t.Errorf("only %d files of tests were read", seen)
	}
}

// diceNames are what a test may take from math/rand/v2: nothing that falls.
var diceNames = []string{"Rand", "Source", "Zipf", "NewZipf"}

// judgeDice finds dice whose seed nobody is told.
func judgeDice(f *ast.File) (wrong []string) {
	say := func(what string) {
		wrong = append(wrong, what+": dice whose seed nobody is told; take them from test/chance, or use rapid")
	}
	local := ""
	for _, spec := range f.Imports {
		switch path := strings.Trim(spec.Path.Value, `"`); path {
		case "math/rand", "testing/quick":
			say(path)
		case "math/rand/v2":
			if local = "rand"; spec.Name != nil {
				local = spec.Name.Name
			}
			if local == "." {
				say("math/rand/v2 without its name")
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if e, ok := n.(*ast.SelectorExpr); ok && local != "" && strings.HasPrefix(selector(e), local+".") && !slices.Contains(diceNames, e.Sel.Name) {
			say(selector(e))
		}
		return true
	})
	return wrong
}

// TestDiceRuleBites shows the rule what breaks it, and what does not.
func TestDiceRuleBites(t *testing.T) {
	for _, c := range []struct{ name, imports, body, want string }{
		{"the dice of all", `"math/rand/v2"`, "rand.IntN(6)", "rand.IntN"},
		{"a shuffle", `"math/rand/v2"`, "rand.Shuffle(2, nil)", "rand.Shuffle"},
		{"dice of one's own", `"math/rand/v2"`, "rand.New(rand.NewPCG(1, 2))", "rand.New"},
		{"under another name", `dice "math/rand/v2"`, "dice.IntN(6)", "dice.IntN"},
		{"the old package", `"math/rand"`, "rand.New(rand.NewSource(1))", "math/rand"},
		{"checks with dice inside", `"testing/quick"`, "quick.Check(f, nil)", "testing/quick"},
		{"dice that were handed over", `"math/rand/v2"`, "func(r *rand.Rand) { r.IntN(6) }(nil)", ""},
		{"secrets", `"crypto/rand"`, "rand.Text()", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := parser.ParseFile(token.NewFileSet(), "x_test.go", fmt.Sprintf("package p\nimport %s\nfunc f() { %s }", c.imports, c.body), parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(judgeDice(f), "; ")
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("violations %q, want %q", got, c.want)
			}
		})
	}
}
