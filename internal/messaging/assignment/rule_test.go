package assignment

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/rule/id"
)

func TestChoose(t *testing.T) {
	a, b, c := id.Account{1}, id.Account{2}, id.Account{3}
	all := []Candidate{{c, true, 1}, {a, true, 5}, {b, false, 0}}
	for _, one := range []struct {
		name string
		how  Assignment
		last id.Account
		want id.Account
	}{
		{"by hand nobody is chosen", ByHand, a, id.Account{}},
		{"in turn: the first", RoundRobin, id.Account{}, a},
		{"in turn: the next who is there", RoundRobin, a, c},
		{"in turn: round again", RoundRobin, c, a},
		{"the least busy who is there", LeastLoad, id.Account{}, c},
	} {
		if got := Choose(one.how, all, one.last); got != one.want {
			t.Errorf("%s: %v, want %v", one.name, got, one.want)
		}
	}
	if got := Choose(RoundRobin, []Candidate{{a, false, 0}}, id.Account{}); !got.IsZero() {
		t.Errorf("nobody is there, but %v is chosen", got)
	}
}

func TestRoundRobinIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "members")
		all := make([]Candidate, n)
		for i := range all {
			all[i] = Candidate{Account: id.Account{byte(i + 1)}, Present: true}
		}
		rounds := rapid.IntRange(1, 5).Draw(t, "rounds")
		got := map[id.Account]int{}
		var last id.Account
		for range n * rounds {
			last = Choose(RoundRobin, rapid.Permutation(all).Draw(t, "order"), last)
			got[last]++
		}
		for _, c := range all {
			if got[c.Account] != rounds {
				t.Fatalf("after %d rounds: %v", rounds, got)
			}
		}
	})
}

func TestWaiting(t *testing.T) {
	for _, c := range []struct {
		name   string
		waited time.Duration
		target time.Duration
		want   Urgency
	}{
		{"just written", 0, time.Hour, Calm},
		{"just below three quarters", 45*time.Minute - 1, time.Hour, Calm},
		{"three quarters", 45 * time.Minute, time.Hour, Soon},
		{"the target", time.Hour, time.Hour, Urgent},
		{"no target", 100 * time.Hour, 0, Calm},
	} {
		if got := Waiting(c.waited, c.target); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestMentioned(t *testing.T) {
	alex, robin, alex2 := id.Account{1}, id.Account{2}, id.Account{3}
	two := []Colleague{{Account: alex, Name: "Alex Beispiel"}, {Account: robin, Name: "Robin Beispiel"}}
	three := append(slices.Clone(two), Colleague{Account: alex2, Name: "Alex Muster"})
	for _, c := range []struct {
		words string
		among []Colleague
		want  []id.Account
	}{
		{"bitte @Robin ansehen", two, []id.Account{robin}},
		{"@alex beispiel und @ROBIN!", two, []id.Account{alex, robin}},
		{"@Alex", three, nil}, // two have this first name
		{"@Alex Muster, bitte", three, []id.Account{alex2}},
		{"@Robinson", two, nil},
		{"mail an robin@example.com", two, nil},
		{"@Robinson und @Robin", two, []id.Account{robin}},
	} {
		if got := Mentioned(c.words, c.among); !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.words, got, c.want)
		}
	}
}
