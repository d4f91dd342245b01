package keyword

import (
	"os"
	"testing"
)

func TestTrace(t *testing.T) {
	m := os.Getenv("MSG")
	if m == "" {
		t.Skip()
	}
	names := []string{"deletion", "withdrawal", "objection", "lastly", "advertising", "signingOff", "messaging", "writing", "stopping", "core", "wanted", "information", "annoyance", "doubting", "starting"}
	words := look(spelled(split(m)), exceptions{})
	show := func(s []token) {
		c := weigh(s)
		t.Logf("clause alien=%d asks=%v something=%v", c.alien, c.asks, c.ofSomething())
		for _, w := range s {
			x := ""
			for n, k := range named {
				if w.is&k != 0 {
					x += n + " "
				}
			}
			t.Logf("   %-14s %s (%d)", w.word, x, w.after)
		}
		for i, r := range rules {
			if f := r(&c); f.means != None {
				t.Logf("  %s: %+v", names[i], f)
			}
		}
	}
	for _, s := range sentences(brought(framed(devices(words)))) {
		show(s)
		if p := parts(s); len(p) > 1 {
			for _, q := range p {
				show(q)
			}
		}
	}
	t.Logf("RESULT %+v", Set{}.Hear(m))
}
