package identity

import (
	"testing"

	"einklang/internal/rule/id"
)

func TestIdentify(t *testing.T) {
	someone := func(n byte, phone, bsuid string) *Person {
		return &Person{ID: id.Person{n}, Identity: &Identity{Phone: phone, BSUID: bsuid}}
	}
	both := Seen{Phone: "491", BSUID: "DE.1"}
	for _, c := range []struct {
		name             string
		seen             Seen
		byPhone, byBSUID *Person
		person, merge    byte // by the first byte of the id; 0: none
		take             bool
	}{
		{"nobody known", both, nil, nil, 0, 0, false},
		{"known by number, which had no BSUID yet", both, someone(1, "491", ""), nil, 1, 0, false},
		{"known by number, no BSUID seen", Seen{Phone: "491"}, someone(1, "491", "DE.9"), nil, 1, 0, false},
		{"known by BSUID only", both, nil, someone(1, "", "DE.1"), 1, 0, false},
		{"both are hers", both, someone(1, "491", "DE.1"), someone(1, "491", "DE.1"), 1, 0, false},
		{"two halves of one person", both, someone(2, "491", ""), someone(1, "", "DE.1"), 2, 1, false},
		{"number given to another WhatsApp user", both, someone(1, "491", "DE.9"), nil, 0, 0, true},
		{"user takes over a number that another user had", both, someone(1, "491", "DE.9"), someone(2, "", "DE.1"), 2, 0, true},
		{"user with a number takes over a number", both, someone(1, "491", ""), someone(2, "492", "DE.1"), 2, 0, true},
	} {
		got := identify(c.seen, c.byPhone, c.byBSUID)
		if named(got.person) != c.person || named(got.merge) != c.merge || got.takePhone != c.take {
			t.Errorf("%s: got %d, %d, %t", c.name, named(got.person), named(got.merge), got.takePhone)
		}
	}
}

func named(p *Person) byte {
	if p == nil {
		return 0
	}
	return p.ID[0]
}
