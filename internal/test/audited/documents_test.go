package audited_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"einklang/internal/account/audit"
	"einklang/internal/rule/i18n"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

var update = flag.Bool("update", false, "write the documents that list what is logged anew")

// manual is a document that lists every way in.
type manual struct {
	path, title, intro, columns string
	when                        map[audit.Kind]string
	texts                       *i18n.Catalogue
}

func manuals(t *testing.T) []manual {
	t.Helper()
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return []manual{
		{"de/protokoll.md", "Was im Protokoll steht", "Jeder Weg hinein nennt, was er für das Protokoll bedeutet; ohne das startet Einklang nicht. Diese Liste ist daraus erzeugt.",
			"Weg | Wann | Eintrag, oder warum keiner", map[audit.Kind]string{audit.Change: "mit der Änderung", audit.Export: "vor der Herausgabe", audit.View: "nach der Antwort", audit.Unlogged: "nie"}, de},
		{"en/audit-log.md", "What stands in the audit log", "Each way in says what it means for the log; without that, Einklang does not start. This list is made from it.",
			"Way in | When | Entry, or why there is none", map[audit.Kind]string{audit.Change: "with the change", audit.Export: "before it is handed out", audit.View: "after the answer", audit.Unlogged: "never"}, en},
	}
}

func (m manual) write(all []audit.Route) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n%s\n\n| %s |\n|---|---|---|\n", m.title, m.intro, m.texts.T("audit.lead"), m.columns)
	for _, r := range all {
		said := m.texts.T("audit.nothing." + string(r.Rule.Reason))
		if acts := r.Rule.Acts(); len(acts) > 0 {
			names := make([]string, len(acts))
			for i, act := range acts {
				names[i] = m.texts.T("audit.act." + act)
			}
			said = "**" + strings.Join(names, "**, **") + "**"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Pattern, m.when[r.Rule.Kind], said)
	}
	return b.String()
}

// The documents list every way in as it is.
func TestTheDocumentsListWhatIsLogged(t *testing.T) {
	all := apptest.Open(t, storetest.SQLite(t)).Audit.Routes()
	for _, m := range manuals(t) {
		says(t, m.path, m.write(all))
	}
}

// says compares a document with what the code says, or writes it anew.
func says(t *testing.T, name, want string) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "docs", name)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not what the code says: go test ./internal/test/audited -run TestTheDocuments -update (%v)", path, err)
	}
}
