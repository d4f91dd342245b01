package report

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

func people(n int) []id.Account {
	all := make([]id.Account, n)
	for i := range all {
		all[i] = id.Account{15: byte(i + 1)}
	}
	return all
}

func TestFiguresOfFewAreHidden(t *testing.T) {
	p := people(12)
	for _, c := range []struct {
		name   string
		staff  [][]id.Account
		groups []bool
		sum    bool
	}{
		{"nobody", [][]id.Account{nil, nil}, []bool{false, false}, false},
		{"one team of four", [][]id.Account{p[:4]}, []bool{true}, true},
		{"one team of five", [][]id.Account{p[:5]}, []bool{false}, false},
		{"two small teams, four people together", [][]id.Account{p[:2], p[2:4]}, []bool{true, true}, true},
		{"two small teams, six people together", [][]id.Account{p[:3], p[3:6]}, []bool{true, true}, false},
		{"a small team hides the next smallest, too", [][]id.Account{p[:2], p[2:7], p[:12]}, []bool{true, true, false}, false},
		{"a group of nobody stays", [][]id.Account{nil, p[:2], p[2:7]}, []bool{false, true, true}, false},
		{"the same three people in two teams", [][]id.Account{p[:3], p[:3], p[3:9]}, []bool{true, true, true}, false},
	} {
		groups, sum := Hidden(c.staff)
		if !slices.Equal(groups, c.groups) || sum != c.sum {
			t.Errorf("%s: %v %v, want %v %v", c.name, groups, sum, c.groups, c.sum)
		}
	}
}

func TestNobodyCanBeTakenFromTheSum(t *testing.T) {
	everybody := people(15)
	rapid.Check(t, func(t *rapid.T) {
		staff := make([][]id.Account, rapid.IntRange(0, 6).Draw(t, "teams"))
		for i := range staff {
			staff[i] = slices.Compact(slices.SortedFunc(slices.Values(rapid.SliceOfN(rapid.SampledFrom(everybody), 0, 9).Draw(t, "staff")),
				id.Compare))
		}
		groups, sum := Hidden(staff)
		shown, hidden := 0, map[id.Account]bool{}
		for i, one := range staff {
			switch {
			case !groups[i] && short(len(one)):
				t.Fatalf("figures of %d people are shown", len(one))
			case groups[i]:
				for _, p := range one {
					hidden[p] = true
				}
			case len(one) > 0:
				shown++
			}
		}
		if !sum && shown > 0 && short(len(hidden)) {
			t.Fatalf("the sum and what is shown give away %d people", len(hidden))
		}
		if sum && shown > 0 {
			t.Fatal("the sum is hidden, its parts are not")
		}
	})
}

func TestQuantiles(t *testing.T) {
	var w Waits
	if w.Quantile(0.5) != 0 {
		t.Error("a median of nothing")
	}
	for range 8 {
		w.Add(3 * time.Minute)
	}
	w.Add(5 * time.Minute) // still within the first stretch
	w.Add(90 * time.Minute)
	if got := w.Quantile(0.5); got > 5*time.Minute || got < 2*time.Minute {
		t.Errorf("median %s", got)
	}
	if got := w.Quantile(1); got != 2*time.Hour {
		t.Errorf("the longest %s", got)
	}
	w = Waits{}
	w.Add(100 * 24 * time.Hour)
	if got := w.Quantile(0.5); got != 7*24*time.Hour {
		t.Errorf("beyond the last limit: %s", got)
	}
}

func TestDaysAddUp(t *testing.T) {
	moment := rapid.Custom(func(t *rapid.T) event {
		return event{conversation: id.Conversation{15: byte(rapid.IntRange(1, 4).Draw(t, "conversation"))}, channel: id.Channel{15: byte(rapid.IntRange(1, 2).Draw(t, "channel"))},
			author: id.Account{15: byte(rapid.IntRange(1, 3).Draw(t, "author"))}, outgoing: rapid.Bool().Draw(t, "outgoing"), origin: chat.FromAgent,
			at: time.Unix(int64(rapid.IntRange(0, 86400).Draw(t, "second")), 0)}
	})
	rules := Rules{Zone: time.UTC, Worked: func(from, to time.Time) time.Duration { return max(to.Sub(from), 0) }}
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOf(moment).Draw(t, "events")
		slices.SortFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		waiting := pending{}
		first := count(events[:cut], nil, waiting, teamOf{}, rules) // waiting goes over into the second half
		both := first.Plus(count(events[cut:], nil, waiting, teamOf{}, rules))
		whole := count(events, nil, pending{}, teamOf{}, rules)
		if both.In != whole.In || both.Out != whole.Out || both.Teams[id.Team{}].First != whole.Teams[id.Team{}].First {
			t.Fatalf("%+v and %+v", both, whole)
		}
		for c, f := range whole.Channels {
			if both.Channels[c] != f {
				t.Fatalf("a number: %+v and %+v", both.Channels[c], f)
			}
		}
	})
}

func TestWhatCountsAsAnAnswer(t *testing.T) {
	team, asked, author := id.Team{1}, id.Conversation{2}, id.Account{3}
	at := func(minute int) time.Time { return time.Date(2026, 11, 25, 9, minute, 0, 0, time.UTC) }
	in := func(minute int) event { return event{conversation: asked, at: at(minute)} }
	out := func(minute int, origin chat.Origin) event {
		return event{conversation: asked, at: at(minute), outgoing: true, origin: origin, author: author, state: chat.Sent, sent: true}
	}
	rules := Rules{Zone: time.UTC, Worked: func(from, to time.Time) time.Duration { return to.Sub(from) }, Targets: map[id.Team]time.Duration{team: 10 * time.Minute}}
	for _, c := range []struct {
		name        string
		events      []event
		waiting     pending
		answers     int64
		within, due int64
	}{
		{"the first answer counts, from the first question", []event{in(0), in(5), out(8, chat.FromAgent), out(9, chat.FromAgent)}, pending{}, 1, 1, 1},
		{"too late", []event{in(0), out(11, chat.FromAgent)}, pending{}, 1, 0, 1},
		{"a machine does not answer", []event{in(0), out(1, chat.FromAutomation), out(2, chat.FromDuty), out(3, chat.FromAPI)}, pending{}, 0, 0, 0},
		{"an answer in the app on the phone counts", []event{in(0), out(1, chat.FromEcho)}, pending{}, 1, 1, 1},
		{"waiting since the day before", []event{in(1), out(2, chat.FromAgent)}, pending{asked: at(-60)}, 1, 0, 1},
		{"nobody asked", []event{out(2, chat.FromAgent)}, pending{}, 0, 0, 0},
		{"two rounds", []event{in(0), out(1, chat.FromAgent), in(20), out(40, chat.FromAgent)}, pending{}, 2, 1, 2},
	} {
		d := count(c.events, nil, c.waiting, teamOf{asked: team}, rules)
		if e := d.Teams[team]; e.First.N() != c.answers || e.Within != c.within || e.Due != c.due {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
}
