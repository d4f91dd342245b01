// Package architecture holds the house rules on who may import and call what.
//
// It reads the source of every package of the module, so a new package is
// judged from its first commit: one that stands on no floor fails the test.
package architecture

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

type floor int

const (
	ground floor = iota + 1
	engine
	capability
	door
	wiring
	testAid // may be imported by tests and other test aids only
)

// floors says where each package stands. A package below another in the tree
// (internal/door/web/ui) stands where its parent does.
var floors = map[floor]string{
	ground:  "architecture brake calendar cockpit consent document gate id keyword phone pii place text voice words zipfile",
	engine:  "blob cloudapi egress evidence jobs live mail pdf qr store threshold vault",
	door:    "api carddav gateway portal web webhook",
	wiring:  "app demo",
	testAid: "app/apptest browsertest mail/mailtest postgrestest store/storetest vault/vaulttest",
	capability: "accesspackage addressbook approval archive attribute audit automation backup billing breach campaign census chat chatimport contact conversation device draft erasure " +
		"importer inbox intake media notice optin org outbox portrait privacycase reach register reminder report retention search template user",
}

// shared is the one capability that the others may import: the nouns that they
// have in common, without behaviour of their own.
const shared = "chat"

// sideways lists which capability may import which other, and why.
var sideways = map[string]string{
	"chatimport → conversation": "an old message becomes part of a conversation",
	"device → addressbook":      "a device sees a view of a book",
	"importer → contact":        "a row is a sighting of a person",
	"importer → optin":          "a consent with its proof is recorded in the transaction of its row",
	"intake → contact":          "a webhook is applied in one transaction across them",
	"intake → conversation":     "a webhook is applied in one transaction across them",
	"intake → optin":            "a keyword changes consent in the transaction of its message",
	"intake → org":              "the number names the organisation",
	"intake → outbox":           "a status moves the outgoing message in the same transaction",
	"media → org":               "the number names the organisation",
	"optin → contact":           "consent belongs to a person",
	"outbox → org":              "the number names the organisation",
	"outbox → template":         "the gate asks whether the template may be sent",
	"reminder → user":           "staff are reminded by their roles",
	"register → org":            "an agreement covers a number",
}

// unfitForGround are imports that bring in the outside.
var unfitForGround = []string{"os", "net", "database", "log", "io/ioutil", "syscall"}

// fitForGround are exceptions: packages that a type needs to say how it is
// stored and how it redacts itself in a log, without doing either.
var fitForGround = []string{"database/sql/driver", "log/slog", "net/netip", "net/url"}

type source struct {
	pkg  string // "outbox", "store/storetest", "sandbox", "cmd/einklang"
	file string
	test bool
	ast  *ast.File
}

func TestFloors(t *testing.T) {
	for _, s := range load(t) {
		for _, v := range judge(s) {
			t.Errorf("%s: %s", s.file, v)
		}
	}
}

// judge returns what a file does against the rules.
func judge(s source) (violations []string) {
	say := func(format string, args ...any) { violations = append(violations, fmt.Sprintf(format, args...)) }
	from := standing(s.pkg)
	if from == 0 && s.pkg != "sandbox" && !strings.HasPrefix(s.pkg, "sandbox/") {
		say("package %s stands on no floor: enter it in internal/test/architecture", s.pkg)
		return violations
	}
	if s.test {
		return violations
	}
	for _, spec := range s.ast.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			say("import %s: %v", spec.Path.Value, err)
			continue
		}
		if from == ground && !slices.Contains(fitForGround, name) && slices.ContainsFunc(unfitForGround, func(p string) bool { return within(name, p) }) {
			say("the ground imports %s, which does I/O", name)
		}
		if to, ours := strings.CutPrefix(name, "einklang/internal/"); ours {
			if v := crossing(s.pkg, to); v != "" {
				say("%s", v)
			}
		}
	}
	return append(violations, calls(s, from)...)
}

// crossing returns why one package may not import another, or "".
func crossing(pkg, to string) string {
	from, target := standing(pkg), standing(to)
	switch {
	case within(pkg, "sandbox"):
		return "the sandbox stands for Meta and imports nothing internal, but imports " + to
	case target == testAid && from != testAid:
		return "a test aid is imported outside of tests: " + to
	case top(pkg) == top(to) || from == testAid:
		return ""
	case target > from:
		return fmt.Sprintf("imports run downward only: %s → %s", pkg, to)
	case from == capability && target == capability && to != shared && sideways[top(pkg)+" → "+top(to)] == "":
		return fmt.Sprintf("capabilities do not import each other: %s → %s", pkg, to)
	}
	return ""
}

// calls finds calls and values that only certain packages may use. It goes by
// names, without types, which is enough while nobody renames an import.
func calls(s source, from floor) (violations []string) {
	say := func(format string, args ...any) { violations = append(violations, fmt.Sprintf(format, args...)) }
	http := within(s.pkg, "egress") || within(s.pkg, "sandbox") || from == testAid
	importsCloudAPI := slices.ContainsFunc(s.ast.Imports, func(i *ast.ImportSpec) bool {
		return i.Path.Value == `"einklang/internal/engine/cloudapi"`
	})
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			name := selector(n)
			if !http && slices.Contains([]string{"http.Get", "http.Post", "http.PostForm", "http.Head", "http.DefaultClient", "http.DefaultTransport"}, name) {
				say("%s: only egress reaches the internet", name)
			}
			if n.Sel.Name == "ParseMultipartForm" || n.Sel.Name == "FormFile" {
				say("%s: uploads are read with threshold.ReadForm, which puts nothing onto the disk", n.Sel.Name)
			}
			if n.Sel.Name == "RemoteAddr" && s.pkg != "threshold" {
				say("RemoteAddr: threshold.From knows where a request comes from, also behind a proxy")
			}
			if from == ground && (name == "time.Now" || name == "time.Since") && s.pkg != "id" {
				say("%s: the ground has no clock", name)
			}
		case *ast.CompositeLit:
			if t, ok := n.Type.(*ast.SelectorExpr); ok && !http && (selector(t) == "http.Client" || selector(t) == "http.Transport") {
				say("%s{}: only egress reaches the internet", selector(t))
			}
		case *ast.CallExpr:
			f, ok := n.Fun.(*ast.SelectorExpr)
			// Number.Send takes a context and the message.
			if ok && f.Sel.Name == "Send" && len(n.Args) == 2 && importsCloudAPI && !within(s.pkg, "outbox") && !within(s.pkg, "cloudapi") {
				say("Send is called outside of outbox, the one way out")
			}
		}
		return true
	})
	return violations
}

func selector(e *ast.SelectorExpr) string {
	if x, ok := e.X.(*ast.Ident); ok {
		return x.Name + "." + e.Sel.Name
	}
	return ""
}

func standing(pkg string) floor {
	if within(pkg, "cmd") {
		return wiring
	}
	for p := pkg; p != "."; p = path.Dir(p) {
		for f, names := range floors {
			if slices.Contains(strings.Fields(names), p) {
				return f
			}
		}
	}
	return 0
}

func top(pkg string) string           { first, _, _ := strings.Cut(pkg, "/"); return first }
func within(name, parent string) bool { return name == parent || strings.HasPrefix(name, parent+"/") }

// load parses all Go files below cmd, internal and sandbox.
func load(t *testing.T) (all []source) {
	t.Helper()
	root := filepath.Join("..", "..")
	for _, dir := range []string{"cmd", "internal", "sandbox"} {
		start := filepath.Join(root, dir)
		if _, err := os.Stat(start); os.IsNotExist(err) {
			continue
		}
		err := filepath.WalkDir(start, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(p) != ".go" {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			rel = filepath.ToSlash(rel)
			all = append(all, source{
				pkg:  strings.TrimPrefix(path.Dir(rel), "internal/"),
				file: rel, test: strings.HasSuffix(rel, "_test.go"), ast: f,
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
