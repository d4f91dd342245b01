package link

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/rule/id"
)

var events = []Event{Granted, Refused, Undo, Part, Come, Doubt, Proven}

// Whatever happens to a link, in whatever order: it becomes one person for good
// only after a whole week that somebody could have undone, unless Meta proved
// it; nobody is linked without a grant; and what has ended stays as it is.
func TestALinkOfAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
		l := Link{State: Asked, Created: now}
		var granted time.Time
		for range rapid.IntRange(1, 12).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "hours")) * time.Hour)
			e := rapid.SampledFrom(events).Draw(t, "event")
			after, err := l.Next(e, now)
			switch {
			case err != nil && (!errors.Is(err, ErrOver) || after != l):
				t.Fatalf("a refused %s made %+v: %v", e, after, err)
			case err != nil:
				continue
			case l.State.Over():
				t.Fatalf("%s came after the end: %s", e, after.State)
			case !l.Ended.IsZero() || after.State.Over() == after.Ended.IsZero():
				t.Fatalf("%s: when it ended is wrong: %+v", e, after)
			}
			switch after.State {
			case Linked:
				if e != Granted || after.Due != now.Add(Undoable) {
					t.Fatalf("linked by %s, due %v", e, after.Due)
				}
				granted = now
			case Merged:
				if e != Proven && (e != Come || granted.IsZero() || now.Sub(granted) < Undoable) {
					t.Fatalf("merged by %s, %v after the grant", e, now.Sub(granted))
				}
			case Undone:
				if e == Undo && l.State == Linked && now.Sub(granted) >= Undoable {
					t.Fatalf("undone %v after the grant", now.Sub(granted))
				}
			case Again:
				if e != Doubt || now.Sub(granted) < Undoable || after.Due != now.Add(Undoable) {
					t.Fatalf("asked again by %s, %v after the grant", e, now.Sub(granted))
				}
			case Asked:
				t.Fatalf("%s leads back to a question", e)
			}
			l = after
		}
	})
}

// Who hangs together follows from the links alone, in whatever order they were
// made: everybody whom a chain of links leads to, and nobody else.
func TestWhoHangsTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const people = 7
		person := func(i int) id.Person { return id.Person{15: byte(i + 1)} }
		var links []Link
		reach := [people][people]bool{}
		for i := range people {
			reach[i][i] = true
		}
		for n := range rapid.IntRange(0, 8).Draw(t, "links") {
			a, b := rapid.IntRange(0, people-1).Draw(t, "a"), rapid.IntRange(0, people-1).Draw(t, "b")
			if a == b {
				continue
			}
			links = append(links, Link{ID: id.Link{15: byte(n + 1)}, Stays: person(a), Goes: person(b)})
			reach[a][b], reach[b][a] = true, true
		}
		for k := range people {
			for i := range people {
				for j := range people {
					reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
				}
			}
		}
		links = rapid.Permutation(links).Draw(t, "order")
		of := map[id.Person][]id.Person{}
		for _, members := range groups(links) {
			for _, p := range members {
				if of[p] != nil {
					t.Fatalf("%v is in two groups", p)
				}
				of[p] = members
			}
		}
		for i := range people {
			for j := range people {
				if i != j && slices.Contains(of[person(i)], person(j)) != reach[i][j] {
					t.Fatalf("%d and %d: %v, want %v", i, j, !reach[i][j], reach[i][j])
				}
			}
		}
	})
}
