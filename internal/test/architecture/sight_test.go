package architecture

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// allSeeing are reads of conversations and people that go by nobody's sight.
var allSeeing = regexp.MustCompile(`\.(?:Threads\.(?:Summary|Summaries|List|OfContact|OfContacts|Get)|People\.Search)\(`)

// unseen are the files that may, and why.
var unseen = map[string]string{
	"door/web/inbox/sight.go":        "leaves out of what is found what is not seen",
	"door/web/inbox/sendtemplate.go": "only whether a person has ever written decides, and nothing of it is shown",
}

// The pages for staff read conversations and people as far as the viewer sees them
// (conversation.Seen): a page that reads past it is named here.
func TestPagesReadWhatTheViewerSees(t *testing.T) {
	used := map[string]bool{}
	for _, area := range []string{"inbox", "consent", "oversight", "settings", "profile", "shell"} {
		files, err := filepath.Glob("../../door/web/" + area + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimPrefix(file, "../../")
			found := allSeeing.FindString(string(text))
			if used[name] = found != "" && unseen[name] != ""; found != "" && unseen[name] == "" {
				t.Errorf("%s reads %s…): ask s.seen(v), which leaves out what the viewer does not see", name, found)
			}
		}
	}
	for name := range unseen {
		if !used[name] {
			t.Errorf("%s needs no exception", name)
		}
	}
}
