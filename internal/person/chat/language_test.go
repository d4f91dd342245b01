package chat

import (
	"testing"

	"einklang/internal/rule/identity"
)

// TestOneRuleForTheLanguage: her setting goes before her words, her words before
// her number, her number before the house.
func TestOneRuleForTheLanguage(t *testing.T) {
	for _, c := range []struct{ set, speaks, phone, bsuid, want string }{
		{"en", "de", "4915100000001", "", "en"},
		{"de", "en", "447700900001", "", "de"},
		{"", "en", "4915100000001", "", "en"},
		{"", "de", "447700900001", "", "de"},
		{"", "", "4915100000001", "", "de"},
		{"", "", "423100000", "", "de"},
		{"", "", "421900000001", "", "en"},
		{"", "", "447700900001", "", "en"},
		{"", "", "", "AT.123", "de"},
		{"", "", "", "FR.123", "en"},
		{"", "", "", "", "de"},
	} {
		p := Known{Person: Person{Locale: c.set, Profile: Profile{Identity: identity.Identity{Phone: c.phone, BSUID: c.bsuid}}}, Speaks: c.speaks}
		if got := p.Language(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
