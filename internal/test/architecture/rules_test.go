package architecture

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestRulesBite shows each rule a file that breaks it, and one that does not.
func TestRulesBite(t *testing.T) {
	for _, c := range []struct{ name, pkg, imports, body, want string }{
		{"a door uses a room", "door/web/shell", "einklang/internal/person/contact", "", ""},
		{"a door uses another door", "door/api", "einklang/internal/door/portal", "", "do not know each other"},
		{"pages use pages", "door/web/inbox", "einklang/internal/door/web/consent", "", "do not know each other"},
		{"the pages are put together", "door/web", "einklang/internal/door/web/consent", "", ""},
		{"pages use the shell", "door/web/inbox", "einklang/internal/door/web/shell", "", ""},
		{"an engine uses a room", "engine/store", "einklang/internal/person/contact", "", "earlier ones only"},
		{"an earlier district uses a later one", "person/contact", "einklang/internal/rights/erasure", "", "earlier ones only"},
		{"a room uses a door", "person/contact", "einklang/internal/door/web", "", "earlier ones only"},
		{"a room uses the wiring", "door/api", "einklang/internal/app", "", "earlier ones only"},
		{"rooms of one district", "messaging/draft", "einklang/internal/messaging/outbox", "", "do not import each other"},
		{"rooms of two districts", "rights/cases", "einklang/internal/person/contact", "", "do not import each other"},
		{"rooms that are neighbours", "messaging/intake", "einklang/internal/person/contact", "", ""},
		{"a room and what is inside it", "importing/lists", "einklang/internal/importing/lists/table", "", ""},
		{"the shared nouns", "messaging/draft", "einklang/internal/person/chat", "", ""},
		{"a rule uses files", "rule/gate", "os", "", "does I/O"},
		{"a rule uses the network", "rule/gate", "net/http", "", "does I/O"},
		{"a rule reads the clock", "rule/gate", "time", "var _ = time.Now()", "no clock"},
		{"a room reads the clock", "person/contact", "time", "var _ = time.Now()", ""},
		{"an HTTP client of one's own", "person/contact", "net/http", "var _ = http.Client{}", "only egress"},
		{"the default HTTP client", "door/api", "net/http", "var _ = http.DefaultClient", "only egress"},
		{"egress makes the client", "engine/egress", "net/http", "var _ = http.Client{}", ""},
		{"sending from a door", "door/api", "einklang/internal/engine/cloudapi", "func f() { n.Send(ctx, m) }", "one way out"},
		{"sending from outbox", "messaging/outbox", "einklang/internal/engine/cloudapi", "func f() { n.Send(ctx, m) }", ""},
		{"an upload on the disk", "door/web/inbox", "net/http", "func f() { r.FormFile(name) }", "onto the disk"},
		{"a form on the disk", "sandbox", "net/http", "func f() { r.ParseMultipartForm(1) }", "onto the disk"},
		{"a door looks for the address itself", "door/portal", "net/http", "var _ = r.RemoteAddr", "behind a proxy"},
		{"a wait doubled by hand", "engine/mail", "time", "func f() { wait *= 2 }", "grows by hand"},
		{"a wait doubled up to a bound", "engine/mail", "time", "func f() { for wait := 1; ; wait = min(2*wait, 5) {} }", "grows by hand"},
		{"a wait that stays", "engine/mail", "time", "func f() { wait = 2 * time.Second }", ""},
		{"the sandbox knows the house", "sandbox", "einklang/internal/rule/id", "", "nothing internal"},
		{"a test aid in the product", "app", "einklang/internal/test/postgrestest", "", "test aid"},
		{"a package without a district", "surprise/party", "fmt", "", "no district"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "package p\nimport \"" + c.imports + "\"\n" + c.body
			f, err := parser.ParseFile(token.NewFileSet(), "x.go", text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(judge(source{pkg: c.pkg, file: "x.go", ast: f}), "; ")
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("violations %q, want %q", got, c.want)
			}
		})
	}
}
