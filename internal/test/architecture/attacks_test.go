package architecture

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	attackRow = regexp.MustCompile(`^\| (F?)(\d+) \| [^|]+ \| ([^|]+) \|$`)
	askedRow  = regexp.MustCompile(`^\| (V\d+\.\d+)\.(\d+)(?:–(\d+))? \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`)
	heldIn    = regexp.MustCompile("((?:`(?:Test|Fuzz)[A-Za-z0-9]+`(?:, )?)+) \\(([a-z0-9/]+)\\)")
	heldBy    = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")
)

// Each attempt that docs/security.md lists is held by tests, and each of them
// stands in the package that it names.
func TestEachAttackIsHeldByTests(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	next := map[string]int{}
	for line := range strings.Lines(string(text)) {
		row := attackRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			continue
		}
		name := row[1] + row[2]
		next[row[1]]++
		if row[2] != strconv.Itoa(next[row[1]]) {
			t.Errorf("row %s stands where %s%d should", name, row[1], next[row[1]])
		}
		if held(t, "row "+name, row[3]) == 0 {
			t.Errorf("row %s names no test", name)
		}
	}
	if next[""] < 15 || next["F"] < 10 {
		t.Errorf("rows of %v attempts, want at least 15 and 10", next)
	}
}

// asked are the requirements of levels 1 and 2 in each section of ASVS 5.0, by how
// many there are; they are numbered from 1, before those of level 3.
var asked = map[string]int{
	"V1.1": 2, "V1.2": 9, "V1.3": 11, "V1.4": 3, "V1.5": 2,
	"V2.1": 3, "V2.2": 3, "V2.3": 4, "V2.4": 2,
	"V3.2": 2, "V3.3": 4, "V3.4": 6, "V3.5": 5, "V3.7": 2,
	"V4.1": 3, "V4.2": 1, "V4.3": 2, "V4.4": 4,
	"V5.1": 1, "V5.2": 3, "V5.3": 2, "V5.4": 3,
	"V6.1": 3, "V6.2": 12, "V6.3": 4, "V6.4": 4, "V6.5": 5, "V6.6": 3, "V6.8": 4,
	"V7.1": 3, "V7.2": 4, "V7.3": 2, "V7.4": 5, "V7.5": 2, "V7.6": 2,
	"V8.1": 2, "V8.2": 3, "V8.3": 1, "V8.4": 1,
	"V9.1": 3, "V9.2": 4,
	"V10.1": 2, "V10.2": 2, "V10.3": 4, "V10.4": 11, "V10.5": 5, "V10.6": 2, "V10.7": 3,
	"V11.1": 2, "V11.2": 3, "V11.3": 3, "V11.4": 4, "V11.5": 1, "V11.6": 1,
	"V12.1": 3, "V12.2": 2, "V12.3": 4,
	"V13.1": 1, "V13.2": 5, "V13.3": 2, "V13.4": 5,
	"V14.1": 2, "V14.2": 4, "V14.3": 3,
	"V15.1": 3, "V15.2": 3, "V15.3": 7,
	"V16.1": 1, "V16.2": 5, "V16.3": 4, "V16.4": 3, "V16.5": 3,
}

// Each requirement of ASVS 5 has its row in docs/security.md. It is held by tests
// that exist, or says in words that none of ours holds it; what does not apply has
// none.
func TestEachRequirementHasItsRow(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for line := range strings.Lines(string(text)) {
		row := askedRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			if strings.HasPrefix(line, "| V") {
				t.Errorf("this row cannot be read: %s", line)
			}
			continue
		}
		name := row[1] + "." + row[2]
		if row[2] != strconv.Itoa(found[row[1]]+1) {
			t.Errorf("row %s stands where %s.%d should", name, row[1], found[row[1]]+1)
		}
		found[row[1]], _ = strconv.Atoi(cmp.Or(row[3], row[2]))
		named := held(t, "row "+name, row[6])
		switch away := strings.HasPrefix(row[5], "does not apply: ") || strings.HasPrefix(row[5], "does not apply,") || strings.HasPrefix(row[5], "does not apply until"); {
		case away && row[6] != "–":
			t.Errorf("row %s does not apply, and is held", name)
		case !away && named == 0 && !strings.HasPrefix(row[6], "no test of ours"):
			t.Errorf("row %s names no test, and does not say so", name)
		}
	}
	for _, section := range slices.Sorted(maps.Keys(asked)) {
		if found[section] != asked[section] {
			t.Errorf("%s has rows up to %d, want %d", section, found[section], asked[section])
		}
	}
	if len(found) != len(asked) {
		t.Errorf("rows of %d sections, want those of %d", len(found), len(asked))
	}
}

// held counts the tests that a row names, each with its package, and fails for one
// that is not there.
func held(t *testing.T, row, text string) int {
	t.Helper()
	all := len(heldBy.FindAllString(text, -1))
	left := all
	for _, place := range heldIn.FindAllStringSubmatch(text, -1) {
		source := testsOf(t, place[2])
		for _, name := range heldBy.FindAllStringSubmatch(place[1], -1) {
			left--
			if !strings.Contains(source, "func "+name[1]+"(t *testing.T)") && !strings.Contains(source, "func "+name[1]+"(f *testing.F)") {
				t.Errorf("%s: there is no %s in %s", row, name[1], place[2])
			}
		}
	}
	if left != 0 {
		t.Errorf("%s: %d tests without their package", row, left)
	}
	return all
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
