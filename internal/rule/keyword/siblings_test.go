package keyword

import (
	_ "embed"
	"strings"
	"testing"
)

//go:embed testdata/siblings.tsv
var siblings string

// TestSiblings: other ways of saying the same.
func TestSiblings(t *testing.T) {
	for _, line := range strings.Split(strings.TrimSpace(siblings), "\n")[1:] {
		phrase, kind, _ := strings.Cut(line, "\t")
		want, known := kinds[kind]
		if got := (Set{}).Match(phrase); !known || got != want {
			t.Errorf("%q means %q, want %s", phrase, got, kind)
		}
	}
}
