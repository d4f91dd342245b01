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

// Two records that became one had different numbers. Who got the one that is not
// written to has it now, and it stays one that she had: who names it from elsewhere
// may mean her.
func TestANumberOfAPartIsLeftWhenAnotherGetsIt(t *testing.T) {
	stays, goes := &Person{ID: id.Person{1}, Identity: &Identity{Phone: "4917604069001"}}, &Person{ID: id.Person{3}, Identity: &Identity{Phone: "4917604069003", BSUID: "DE.1"}}
	other := &Person{ID: id.Person{4}, Identity: &Identity{Phone: "4917604069004", BSUID: "DE.2"}}
	g := NewRegister()
	g.Merge = func(_, _ *Person) error { return nil }
	for _, p := range []*Person{stays, goes, other} {
		g.Know(p)
		g.Hold(Key{Kind: Phone, Value: p.Identity.Phone}, p.ID)
		if p.Identity.BSUID != "" {
			g.Hold(Key{Kind: BSUID, Value: p.Identity.BSUID}, p.ID)
		}
	}
	if err := g.Join(goes, stays); err != nil {
		t.Fatal(err)
	}
	if p := g.candidate(Phone, "4917604069003"); p != stays {
		t.Errorf("the number of the part leads to %v", named(p))
	}
	if _, err := g.Change(Change{Before: []Seen{{BSUID: "DE.2", Phone: "4917604069004"}}, After: Seen{BSUID: "DE.2", Phone: "4917604069003"}}); err != nil {
		t.Fatal(err)
	}
	if p := g.candidate(Phone, "4917604069003"); p != other {
		t.Errorf("the number is with %d, want who has it now", named(p))
	}
	if p := g.candidate(Former, "4917604069003"); p != stays {
		t.Errorf("the number was %d's, want hers who had it as a part", named(p))
	}
}
