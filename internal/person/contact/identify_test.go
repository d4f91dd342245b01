package contact

import (
	"testing"

	"einklang/internal/rule/id"
)

func TestIdentify(t *testing.T) {
	ids := id.System()
	first, second := id.Person(ids.New()), id.Account(ids.New())
	both := Sighting{Phone: "491", BSUID: "DE.1"}
	for _, c := range []struct {
		name             string
		seen             Sighting
		byPhone, byBSUID *candidate
		want             identification
	}{
		{"nobody known", both, nil, nil, identification{}},
		{"known by number, which had no BSUID yet", both, &candidate{first, "491", ""}, nil, identification{person: first}},
		{"known by number, no BSUID seen", Sighting{Phone: "491"}, &candidate{first, "491", "DE.9"}, nil, identification{person: first}},
		{"known by BSUID only", both, nil, &candidate{first, "", "DE.1"}, identification{person: first}},
		{"both are hers", both, &candidate{first, "491", "DE.1"}, &candidate{first, "491", "DE.1"}, identification{person: first}},
		{"two halves of one person", both, &candidate{id.Person(second), "491", ""}, &candidate{first, "", "DE.1"}, identification{person: first, merge: id.Person(second)}},
		{"number given to another WhatsApp user", both, &candidate{first, "491", "DE.9"}, nil, identification{takePhone: true}},
		{"user takes over a number that another user had", both, &candidate{first, "491", "DE.9"}, &candidate{id.Person(second), "", "DE.1"}, identification{person: id.Person(second), takePhone: true}},
		{"user with a number takes over a number", both, &candidate{first, "491", ""}, &candidate{id.Person(second), "492", "DE.1"}, identification{person: id.Person(second), takePhone: true}},
	} {
		if got := identify(c.seen, c.byPhone, c.byBSUID); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}
