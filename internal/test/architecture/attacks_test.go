package architecture

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	attackRow = regexp.MustCompile(`^\| (\d+) \| [^|]+ \| ([^|]+) \|$`)
	heldIn    = regexp.MustCompile("((?:`Test[A-Za-z0-9]+`(?:, )?)+) \\(([a-z/]+)\\)")
	heldBy    = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
)

// Each attempt that docs/security.md lists is held by tests, and each of them
// stands in the package that it names.
func TestEachAttackIsHeldByTests(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	next := 1
	for line := range strings.Lines(string(text)) {
		row := attackRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			continue
		}
		if row[1] != fmt.Sprint(next) {
			t.Errorf("row %s stands where %d should", row[1], next)
		}
		next++
		held := heldIn.FindAllStringSubmatch(row[2], -1)
		if len(held) == 0 {
			t.Errorf("row %s names no test", row[1])
		}
		named := len(heldBy.FindAllString(row[2], -1))
		for _, place := range held {
			source := testsOf(t, place[2])
			for _, name := range heldBy.FindAllStringSubmatch(place[1], -1) {
				named--
				if !strings.Contains(source, "func "+name[1]+"(t *testing.T)") {
					t.Errorf("row %s: there is no %s in %s", row[1], name[1], place[2])
				}
			}
		}
		if named != 0 {
			t.Errorf("row %s: %d tests without their package", row[1], named)
		}
	}
	if next < 16 {
		t.Errorf("%d rows, want at least those of 15 attempts", next-1)
	}
}

// testsOf is the source of the tests of a package, named as below internal/ or
// from the root.
func testsOf(t *testing.T, pkg string) string {
	t.Helper()
	var all strings.Builder
	for _, folder := range []string{filepath.Join(root, "internal", pkg), filepath.Join(root, pkg)} {
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}
