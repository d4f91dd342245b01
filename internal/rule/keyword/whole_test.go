package keyword

import (
	_ "embed"
	"strings"
	"testing"
)

//go:embed testdata/whole.tsv
var asAWhole string

// What a message says as a whole goes before what its words say one by one.
func TestAShortMessageIsHeardAsAWhole(t *testing.T) {
	for _, line := range strings.Split(strings.TrimSpace(asAWhole), "\n")[1:] {
		phrase, kind, _ := strings.Cut(line, "\t")
		want, known := kinds[kind]
		if got := (Set{}).Match(strings.ReplaceAll(phrase, `\n`, "\n")); !known || got != want {
			t.Errorf("%q means %q, want %s", phrase, got, kind)
		}
	}
	objects := (Set{}).Hear("Ich widerspreche der Verarbeitung meiner Daten")
	if objects.Meaning != Erase || objects.Also != Marketing {
		t.Errorf("an objection to all processing: %+v", objects)
	}
}
