package architecture_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// vague are the words for deleting that say neither why nor for how long: what is
// erased is erased for a person (GDPR Art. 17), what expires does so by time, what
// is discarded somebody decided about, and all else is deleted.
var vague = regexp.MustCompile(`(?i)\w*(?:forget|bury|buried|burial|prun(?:e|ing)|\btid(?:y|ied|ies)\b|drop)\w*`)

// plain is where such a word is another's: SQL, a browser's event, and what
// earlier releases stored, which their backups name still.
var plain = regexp.MustCompile(`DROP (?:TABLE|TRIGGER|CONSTRAINT|DATABASE)|addEventListener\("drop"|["']dropped["']|book_pruned|seq, pruned, checked_at`)

// Verbs are exact in all names, comments and texts of ours. What customers write is
// no text of ours.
func TestVerbsAreExact(t *testing.T) {
	root, looked := filepath.Join("..", "..", ".."), 0
	for _, part := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, at fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case at.IsDir() && (at.Name() == "testdata" || at.Name() == "migrations" || at.Name() == "keyword"):
				return fs.SkipDir
			case at.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") && !strings.HasSuffix(path, ".js"), at.Name() == "verbs_test.go":
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			looked++
			for n, line := range strings.Split(string(text), "\n") {
				if word := vague.FindString(plain.ReplaceAllString(line, "")); word != "" {
					t.Errorf("%s:%d: %q says neither why nor for how long", path, n+1, word)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if looked < 500 {
		t.Errorf("only %d files were read", looked)
	}
}
