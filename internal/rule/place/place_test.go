package place

import "testing"

func TestLawful(t *testing.T) {
	for _, c := range []struct {
		country string
		m       Mechanism
		want    bool
	}{
		{"DE", NotNeeded, true},
		{"no", NotNeeded, true},
		{"US", NotNeeded, false},
		{"US", Adequacy, false},
		{"US", DPF, true},
		{"IN", DPF, false},
		{"CH", Adequacy, true},
		{"IN", Clauses, true},
		{"US", None, false},
		{"FR", None, true},
		{"", Clauses, false},
		{"Germany", NotNeeded, false},
	} {
		if got := Lawful(c.country, c.m); got != c.want {
			t.Errorf("Lawful(%q, %s) = %v, want %v", c.country, c.m, got, c.want)
		}
	}
	if len(eea) != 30 {
		t.Errorf("the EEA has 30 members, the list %d", len(eea))
	}
}
