package org

import (
	"testing"
)

func TestWhatShowsMore(t *testing.T) {
	all, teams, pool := Sight{}, Sight{Agents: true}, Sight{Agents: true, Nobodys: true}
	word := Sight{Nobodys: true} // said, and nobody is limited
	for _, c := range []struct {
		name         string
		from, to     Sight
		more, others bool // others: where own roles limit somebody
	}{
		{"a limit begins", all, teams, false, false},
		{"a limit begins, and leaves what is nobody's", all, pool, false, true},
		{"a limit ends", teams, all, true, true},
		{"what is nobody's is shown", teams, pool, true, true},
		{"what is nobody's is not shown any more", pool, teams, false, false},
		{"nobody is limited, and what is nobody's is shown", all, word, false, true},
		{"nothing changes", pool, pool, false, false},
	} {
		if got, others := c.to.Lowers(c.from, false), c.to.Lowers(c.from, true); got != c.more || others != c.others {
			t.Errorf("%s: %v, and with own roles that are limited %v", c.name, got, others)
		}
	}
}
