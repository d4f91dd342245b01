package keyword

import (
	"os"
	"strings"
	"testing"
)

func TestDev(t *testing.T) {
	raw, err := os.ReadFile(os.Getenv("DEV"))
	if err != nil {
		t.Skip()
	}
	n, bad := 0, 0
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		p, k, ok := strings.Cut(line, "\t")
		if !ok || k == "want" {
			continue
		}
		n++
		if got := (Set{}).Match(p); got != kinds[k] {
			bad++
			t.Logf("%-10s want %-10s %s", got, k, p)
		}
	}
	t.Logf("%d of %d", n-bad, n)
}
