package sight_test

import (
	"testing"

	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
)

var (
	me, other         = id.Account{1}, id.Account{2}
	mine, theirs      = id.Team{1}, id.Team{2}
	our, their, loose = id.Channel{1}, id.Channel{2}, id.Channel{3}
)

func TestWhoSeesWhat(t *testing.T) {
	everything := sight.Everything()
	limited := sight.Of(me, []id.Team{mine}, []id.Channel{our})
	pool := limited.AndNobodys([]id.Channel{our, their})
	alone := sight.Of(me, nil, nil)
	for _, c := range []struct {
		name                            string
		f                               sight.Facts
		everything, limited, pool, lone bool
	}{
		{"given to her, elsewhere", sight.Facts{Number: their, Assignee: me, Team: theirs}, true, true, true, true},
		{"of her team, elsewhere", sight.Facts{Number: their, Team: mine}, true, true, true, false},
		{"of her team, given to a colleague", sight.Facts{Number: their, Assignee: other, Team: mine}, true, true, true, false},
		{"on a number of her team", sight.Facts{Number: our}, true, true, true, false},
		{"on a number of her team, given to another", sight.Facts{Number: our, Assignee: other, Team: theirs}, true, true, true, false},
		{"of another team", sight.Facts{Number: their, Team: theirs}, true, false, false, false},
		{"of no team, on a number of another", sight.Facts{Number: their}, true, false, false, false},
		{"of no team, on a number of no team", sight.Facts{Number: loose}, true, false, true, false},
		{"of no team, on a number of no team, given to a colleague", sight.Facts{Number: loose, Assignee: other}, true, false, true, false},
		{"of another team, on a number of no team", sight.Facts{Number: loose, Team: theirs}, true, false, false, false},
	} {
		for who, s := range map[string]struct {
			scope sight.Scope
			want  bool
		}{"everything": {everything, c.everything}, "limited": {limited, c.limited}, "with nobody's": {pool, c.pool}, "without a team": {alone, c.lone}, "nobody": {sight.Scope{}, false}} {
			if got := s.scope.Sees(c.f); got != s.want {
				t.Errorf("%s: %s sees it: %v, want %v", c.name, who, got, s.want)
			}
		}
	}
	if !everything.SeesAlone() || limited.SeesAlone() || !pool.SeesAlone() || (sight.Scope{}).SeesAlone() {
		t.Error("who has no conversation is nobody's")
	}
}

// What nobody set is of nobody: an account without an id is not the assignee of what
// is given to nobody.
func TestNobodyIsNotZero(t *testing.T) {
	if sight.Of(id.Account{}, []id.Team{{}}, nil).AndNobodys(nil).Sees(sight.Facts{}) {
		t.Error("the zero account sees what is nobody's")
	}
	if sight.Of(me, []id.Team{{}}, nil).Sees(sight.Facts{Number: our}) {
		t.Error("the zero team has what no team has")
	}
}

func TestTheOrderOfTeamsIsNoMatter(t *testing.T) {
	a, b := sight.Of(me, []id.Team{mine, theirs}, nil), sight.Of(me, []id.Team{theirs, mine, mine}, nil)
	if !a.Same(b) || a.Same(sight.Of(me, []id.Team{mine}, nil)) || a.Same(sight.Everything()) || a.Same(a.AndNobodys(nil)) {
		t.Error("two scopes are one where they show the same, and only there")
	}
}
