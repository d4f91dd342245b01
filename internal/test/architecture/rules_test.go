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
		{"door uses capability", "web", "einklang/internal/person/contact", "", ""},
		{"engine uses capability", "store", "einklang/internal/person/contact", "", "downward"},
		{"capability uses door", "contact", "einklang/internal/door/web", "", "downward"},
		{"capability sideways", "contact", "einklang/internal/campaign", "", "each other"},
		{"capability sideways, allowed", "intake", "einklang/internal/person/contact", "", ""},
		{"ground uses files", "gate", "os", "", "does I/O"},
		{"ground uses network", "gate", "net/http", "", "does I/O"},
		{"ground reads the clock", "gate", "time", "var _ = time.Now()", "no clock"},
		{"capability reads the clock", "contact", "time", "var _ = time.Now()", ""},
		{"own HTTP client", "contact", "net/http", "var _ = http.Client{}", "only egress"},
		{"default HTTP client", "api", "net/http", "var _ = http.DefaultClient", "only egress"},
		{"egress makes the client", "egress", "net/http", "var _ = http.Client{}", ""},
		{"send from a door", "api", "einklang/internal/engine/cloudapi", "func f() { n.Send(ctx, m) }", "one way out"},
		{"send from outbox", "outbox", "einklang/internal/engine/cloudapi", "func f() { n.Send(ctx, m) }", ""},
		{"an upload on the disk", "web", "net/http", "func f() { r.FormFile(name) }", "onto the disk"},
		{"a form on the disk", "sandbox", "net/http", "func f() { r.ParseMultipartForm(1) }", "onto the disk"},
		{"a door looks for the address itself", "portal", "net/http", "var _ = r.RemoteAddr", "behind a proxy"},
		{"sandbox knows the house", "sandbox", "einklang/internal/rule/id", "", "nothing internal"},
		{"test aid in the product", "app", "einklang/internal/test/postgrestest", "", "test aid"},
		{"unknown package", "surprise", "fmt", "", "no floor"},
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
