package keyword

import (
	_ "embed"
	"strings"
	"testing"
)

//go:embed testdata/variations.txt
var variations string

// TestVariations: what is understood does not hang on the order and the choice
// of words, on courtesy or on slips.
func TestVariations(t *testing.T) {
	kind, all := "", 0
	for line := range strings.SplitSeq(variations, "\n") {
		switch {
		case strings.HasPrefix(line, "## "):
			kind = strings.TrimPrefix(line, "## ")
		case line != "" && !strings.HasPrefix(line, "#"):
			want, known := kinds[kind]
			if !known {
				t.Fatalf("%q has no kind", line)
			}
			for _, phrase := range varied(line) {
				all++
				if got := (Set{}).Match(phrase); got != want {
					t.Errorf("%q means %q, want %s", phrase, got, kind)
				}
			}
		}
	}
	t.Logf("%d phrases", all)
}

// varied are all phrases that a line stands for.
func varied(line string) []string {
	before, rest, found := strings.Cut(line, "{")
	if !found {
		return []string{line}
	}
	choices, after, _ := strings.Cut(rest, "}")
	ends := varied(after)
	var all []string
	for choice := range strings.SplitSeq(choices, "|") {
		for _, end := range ends {
			all = append(all, before+choice+end)
		}
	}
	return all
}
