// Package architecture holds the house rules on who may import and call what,
// and whose a table is (docs/architecture.md).
//
// It reads the source of every package of the module, so a new package is
// judged from its first commit: one that stands in no district fails the test.
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
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// districts in the order of the map. A package imports from its own district
// and from those before it.
var districts = []string{"rule", "engine", "account", "person", "consent", "messaging", "outreach", "rights", "phones", "importing", "govern", "door", "app"}

// aids is the district of what only tests and other aids may import.
const aids = "test"

// free are the districts whose rooms may know each other: the ground, the
// machines, and what puts everything together.
var free = []string{"rule", "engine", "app", aids}

// shared are rooms that every later district may import: nouns without
// behaviour of their own.
var shared = []string{"person/chat", "person/record", "person/keeper"}

// neighbours lists which room between the machines and the doors may import
// which other, and why. Everybody else asks through a small interface of his
// own.
var neighbours = map[string]string{
	"account/reminder → account/user":           "staff are reminded by their roles",
	"consent/notice → account/org":              "the profile of a number links the notice of its organisation",
	"consent/optin → person/contact":            "consent belongs to a person",
	"govern/agenda → account/approval":          "what waits for a second person is due",
	"govern/agenda → account/org":               "days end in the organisation's time zone",
	"govern/agenda → account/reminder":          "what is due is told once",
	"govern/agenda → account/user":              "who is told follows from the roles",
	"govern/agenda → govern/processors":         "agreements end",
	"govern/agenda → govern/uptime":             "a letter box falls silent",
	"govern/agenda → phones/device":             "phones hold people who are gone",
	"govern/agenda → rights/breach":             "72 hours run",
	"govern/agenda → rights/cases":              "a month runs",
	"govern/facts → govern/document":            "what is counted has the document's form",
	"govern/processors → account/org":           "an agreement covers a number",
	"importing/chats → messaging/conversation":  "an old message becomes part of a conversation",
	"importing/lists → consent/optin":           "a consent with its proof is recorded in the transaction of its row",
	"importing/lists → messaging/assignment":    "a row gives a person labels in its transaction",
	"importing/lists → person/attribute":        "a column is an attribute of the organisation's",
	"importing/chats → person/contact":          "the number in an exported chat may be one that somebody has left",
	"importing/lists → person/contact":          "a row is a sighting of a person",
	"messaging/assignment → account/org":        "the number names the team that its conversations go to",
	"messaging/intake → account/org":            "the number names the organisation",
	"messaging/intake → consent/optin":          "a keyword changes consent in the transaction of its message",
	"messaging/intake → messaging/conversation": "a webhook is applied in one transaction across them",
	"messaging/intake → messaging/outbox":       "a status moves the outgoing message in the same transaction",
	"messaging/outbox → person/contact":         "Meta's answer is a sighting of a person",
	"messaging/intake → person/contact":         "a webhook is applied in one transaction across them",
	"messaging/media → account/org":             "the number names the organisation",
	"messaging/outbox → account/org":            "the number names the organisation",
	"messaging/outbox → messaging/template":     "the gate asks whether the template may be sent",
	"messaging/template → account/org":          "templates belong to the account of a number",
	"person/link → person/contact":              "a link joins two people of the book",
	"phones/device → phones/addressbook":        "a device sees a view of a book",
	"rights/answer → account/org":               "the organisation answers in its own words",
	"rights/answer → consent/optin":             "an objection ends consents",
	"rights/answer → messaging/conversation":    "the answer goes where she wrote last",
	"rights/answer → messaging/outbox":          "the answer goes by the one way out",
	"rights/answer → messaging/template":        "a code goes by a template when the window is closed",
	"rights/answer → person/contact":            "a restriction is a flag of the person",
	"rights/answer → rights/access":             "access and portability are answered with a package",
	"rights/answer → rights/breach":             "those whom a breach concerns are told",
	"rights/answer → rights/cases":              "what is asked becomes a case",
	"rights/answer → rights/erasure":            "a case orders an erasure",
	"rights/backup → messaging/media":           "files lie beside the data, in segments",
	"rights/backup → person/contact":            "a restore finds the people without keys",
	"rights/backup → rights/erasure":            "who was erased since a backup is erased again",
	"rights/erasure → account/org":              "Meta keeps a contact book for each number",
	"rights/erasure → person/contact":           "an erasure is of a person of the book",
	"rights/letters → account/org":              "the archive names its organisation",
	"rights/letters → messaging/conversation":   "a conversation is kept as letters",
	"rights/retention → account/org":            "each organisation's time is over by itself",
	"rights/retention → messaging/conversation": "a period holds for how a conversation is kept",
}

// pages is the room that puts the areas of the pages into their shell: the only
// door that knows other doors.
const pages = "door/web"

// unfitForRules are imports that bring in the outside.
var unfitForRules = []string{"os", "net", "database", "log", "io/ioutil", "syscall"}

// fitForRules are exceptions: packages that a type needs to say how it is
// stored and how it redacts itself in a log, without doing either.
var fitForRules = []string{"database/sql/driver", "log/slog", "net/netip", "net/url"}

type source struct {
	pkg  string // "messaging/outbox", "door/web/shell", "sandbox", "cmd/einklang"
	file string
	test bool
	ast  *ast.File
}

func TestDistricts(t *testing.T) {
	for _, s := range load(t) {
		for _, v := range judge(s) {
			t.Errorf("%s: %s", s.file, v)
		}
	}
}

// TestNeighboursAreNeeded keeps the list of exceptions from outliving them.
func TestNeighboursAreNeeded(t *testing.T) {
	used := map[string]bool{}
	for _, s := range load(t) {
		for _, to := range ours(s) {
			used[room(s.pkg)+" → "+room(to)] = used[room(s.pkg)+" → "+room(to)] || !s.test
		}
	}
	for pair := range neighbours {
		if !used[pair] {
			t.Errorf("no import needs %q any more: strike it from the list", pair)
		}
	}
}

// judge returns what a file does against the rules.
func judge(s source) (violations []string) {
	say := func(format string, args ...any) { violations = append(violations, fmt.Sprintf(format, args...)) }
	outside := within(s.pkg, "sandbox") || within(s.pkg, "cmd")
	if !outside && s.pkg != aids && standing(s.pkg) < 0 {
		say("package %s stands in no district: see docs/architecture.md", s.pkg)
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
		if within(s.pkg, "rule") && !slices.Contains(fitForRules, name) && slices.ContainsFunc(unfitForRules, func(p string) bool { return within(name, p) }) {
			say("a rule imports %s, which does I/O", name)
		}
	}
	for _, to := range ours(s) {
		if v := crossing(s.pkg, to); v != "" {
			say("%s", v)
		}
	}
	return append(violations, calls(s)...)
}

// ours are the rooms of the house that a file imports.
func ours(s source) (all []string) {
	for _, spec := range s.ast.Imports {
		if to, found := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), "einklang/internal/"); found {
			all = append(all, to)
		}
	}
	return all
}

// crossing returns why one package may not import another, or "".
func crossing(pkg, to string) string {
	from, target := standing(pkg), standing(to)
	switch {
	case within(pkg, "sandbox") && to == "rule/wire": // what WhatsApp takes: decision 0108
		return ""
	case within(pkg, "sandbox"):
		return "the sandbox stands for Meta and imports nothing internal but the table of what WhatsApp takes, but imports " + to
	case within(pkg, aids):
		return ""
	case within(to, aids):
		return "a test aid is imported outside of tests: " + to
	case within(pkg, "cmd"), room(pkg) == room(to), slices.Contains(shared, to) && target <= from:
		return ""
	case target > from:
		return fmt.Sprintf("imports run from later districts to earlier ones only: %s → %s", pkg, to)
	case within(pkg, "door"):
		if pkg != pages && within(to, "door") && !within(to, "door/web/shell") && !within(to, "door/web/chart") && !within(to, "door/carddav") {
			return fmt.Sprintf("doors do not know each other: %s → %s", pkg, to)
		}
		return ""
	case district(pkg) == district(to) && slices.Contains(free, district(pkg)), slices.Contains([]string{"rule", "engine"}, district(to)), within(pkg, "app"):
		return ""
	case neighbours[room(pkg)+" → "+room(to)] == "":
		return fmt.Sprintf("rooms do not import each other: %s → %s (ask through a small interface, or enter the pair with its reason)", pkg, to)
	}
	return ""
}

// calls finds calls and values that only certain packages may use. It goes by
// names, without types, which is enough while nobody renames an import.
func calls(s source) (violations []string) {
	say := func(format string, args ...any) { violations = append(violations, fmt.Sprintf(format, args...)) }
	http := within(s.pkg, "engine/egress") || within(s.pkg, "sandbox") || within(s.pkg, aids)
	importsCloudAPI := slices.Contains(ours(s), "engine/cloudapi")
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
			if n.Sel.Name == "RemoteAddr" && s.pkg != "engine/threshold" {
				say("RemoteAddr: threshold.From knows where a request comes from, also behind a proxy")
			}
			if within(s.pkg, "rule") && (name == "time.Now" || name == "time.Since") && s.pkg != "rule/id" {
				say("%s: a rule has no clock", name)
			}
		case *ast.AssignStmt:
			if s.pkg != "rule/backoff" && grows(n) {
				say("a wait that grows by hand: rule/backoff says how long to wait")
			}
		case *ast.CompositeLit:
			if t, ok := n.Type.(*ast.SelectorExpr); ok && !http && (selector(t) == "http.Client" || selector(t) == "http.Transport") {
				say("%s{}: only egress reaches the internet", selector(t))
			}
		case *ast.CallExpr:
			f, ok := n.Fun.(*ast.SelectorExpr)
			// Number.Send takes a context and the message.
			if ok && f.Sel.Name == "Send" && len(n.Args) == 2 && importsCloudAPI && !within(s.pkg, "messaging/outbox") && !within(s.pkg, "engine/cloudapi") {
				say("Send is called outside of outbox, the one way out")
			}
		}
		return true
	})
	return violations
}

// waits are what growing waits are called.
var waits = regexp.MustCompile(`(?i)wait|pause|delay|sleep|backoff|retry`)

// grows reports whether an assignment makes a wait a multiple of itself.
func grows(a *ast.AssignStmt) bool {
	name, ok := a.Lhs[0].(*ast.Ident)
	if !ok || !waits.MatchString(name.Name) {
		return false
	}
	if a.Tok == token.MUL_ASSIGN || a.Tok == token.SHL_ASSIGN {
		return true
	}
	found := false
	for _, value := range a.Rhs {
		ast.Inspect(value, func(n ast.Node) bool {
			if b, is := n.(*ast.BinaryExpr); is && (b.Op == token.MUL || b.Op == token.SHL) {
				for _, side := range []ast.Expr{b.X, b.Y} {
					if x, is := side.(*ast.Ident); is && x.Name == name.Name {
						found = true
					}
				}
			}
			return true
		})
	}
	return found
}

func selector(e *ast.SelectorExpr) string {
	if x, ok := e.X.(*ast.Ident); ok {
		return x.Name + "." + e.Sel.Name
	}
	return ""
}

func district(pkg string) string { first, _, _ := strings.Cut(pkg, "/"); return first }

// room is the district with the first folder below it: what lies deeper
// belongs to the same room. Pages are rooms of their own.
func room(pkg string) string {
	depth := 2
	if within(pkg, "door/web") {
		depth = 3
	}
	parts := strings.Split(pkg, "/")
	return path.Join(parts[:min(depth, len(parts))]...)
}

// standing is the place of a package's district in the order, or -1.
func standing(pkg string) int {
	if within(pkg, aids) {
		return len(districts)
	}
	return slices.Index(districts, district(pkg))
}

func within(name, parent string) bool { return name == parent || strings.HasPrefix(name, parent+"/") }

const root = "../../.."

// load parses all Go files below cmd, internal and sandbox.
func load(t *testing.T) (all []source) {
	t.Helper()
	for _, dir := range []string{"cmd", "internal", "sandbox"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(p string, d fs.DirEntry, err error) error {
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
			all = append(all, source{pkg: strings.TrimPrefix(path.Dir(rel), "internal/"), file: rel, test: strings.HasSuffix(rel, "_test.go"), ast: f})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil || len(all) == 0 {
		t.Fatalf("the source is not where it is looked for: %v", err)
	}
	return all
}
