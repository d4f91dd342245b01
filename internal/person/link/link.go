// Package link joins two records of people in two steps.
//
// Staff who know that two records are one person link them, with a reason. For
// a week both are shown as one and the stricter flag of either holds for both,
// while identities, keys, consents and messages stay apart; a click undoes it.
// Then they become one for good. Where both records are known by a number or a
// user id, somebody else has to agree first: a wrong merge would show the
// messages of one person to another. Where one of them became known only during
// the week, somebody else has to agree at its end. What Meta itself proves waits for nobody.
package link

import (
	"errors"
	"slices"
	"time"

	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Undoable is how long two records are linked before they become one.
const Undoable = 7 * 24 * time.Hour

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such link")
	ErrGone     = errors.New("one of the two records is merged or erased")
	ErrSame     = errors.New("these are one record")
	ErrReason   = errors.New("say why the two records are one person")
	ErrLong     = errors.New("the reason is too long: one or two sentences are enough")
	ErrTwice    = errors.New("these two records are linked already, or somebody asked for it")
	ErrOver     = errors.New("this link has ended, or its week is over")
)

// ReasonMost bounds a reason, in characters.
const ReasonMost = 500

// State is where a link stands.
type State string

// The states.
const (
	Asked  State = "asked"  // a second person has to agree
	Linked State = "linked" // the stricter flag holds for both
	// Again: it holds still, but the week is over and both are known by now, so a
	// second person has to agree after all.
	Again  State = "again"
	Undone State = "undone" // the records stand alone again
	Merged State = "merged" // they are one
)

// States lists all states.
func States() []State { return []State{Asked, Linked, Again, Undone, Merged} }

// Over reports whether the link has ended.
func (s State) Over() bool { return s == Undone || s == Merged }

// Event is what happens to a link.
type Event string

// The events.
const (
	Granted Event = "granted" // the second person agrees
	Refused Event = "refused" // or does not
	Undo    Event = "undo"    // staff take it back
	Part    Event = "part"    // one of the two is erased
	Come    Event = "come"    // the week is over
	Doubt   Event = "doubt"   // it is, and nobody else was asked whether two who are known are one
	Proven  Event = "proven"  // Meta showed that the two are one
)

// Link is two records and who linked them.
type Link struct {
	pii.Personal

	ID      id.Link
	Stays   id.Person // the record that stays
	Goes    id.Person // the one that becomes part of it
	By      id.Account
	Second  id.Account // zero: nobody else was needed, or nobody has decided
	Alone   bool       // a second person was needed, and nobody else may be one
	Reason  string
	State   State
	Created time.Time
	Due     time.Time // when the two become one, or the second question ends; zero: they are not linked
	Ended   time.Time // zero: the link holds, or waits
}

// Next is the link after an event. ErrOver: it cannot come about any more, or
// not yet.
func (l Link) Next(e Event, at time.Time) (Link, error) {
	moves := map[State]map[Event]State{
		Asked:  {Granted: Linked, Refused: Undone, Undo: Undone, Part: Undone, Proven: Merged},
		Linked: {Undo: Undone, Part: Undone, Come: Merged, Doubt: Again, Proven: Merged},
		Again:  {Granted: Linked, Refused: Undone, Undo: Undone, Part: Undone, Proven: Merged},
	}
	to, may := moves[l.State][e]
	over := l.State == Linked && !at.Before(l.Due)
	if !may || (e == Come || e == Doubt) && !over || e == Undo && over {
		return l, ErrOver
	}
	if l.State = to; to.Over() {
		l.Ended = at
	} else {
		l.Due = at.Add(Undoable)
	}
	return l, nil
}

// Undoable reports whether it can still be taken back.
func (l Link) Undoable(at time.Time) bool {
	_, err := l.Next(Undo, at)
	return err == nil
}

// Other is the record on the other side of one of the two.
func (l Link) Other(person id.Person) id.Person {
	if l.Stays == person {
		return l.Goes
	}
	return l.Stays
}

// has reports whether the link is one of a person.
func (l Link) has(person id.Person) bool { return l.Stays == person || l.Goes == person }

// joins reports whether the link is between two people, whichever way.
func (l Link) joins(one, other id.Person) bool {
	return l.Stays == one && l.Goes == other || l.Stays == other && l.Goes == one
}

// groups are the people who hang together by links, each group in order, and
// its mark: the smallest link in it.
func groups(links []Link) map[id.Link][]id.Person {
	at := map[id.Person]id.Link{}
	for _, l := range links {
		mark := l.ID
		for _, p := range []id.Person{l.Stays, l.Goes} {
			if m, in := at[p]; in && id.Compare(m, mark) < 0 {
				mark = m
			}
		}
		for _, p := range []id.Person{l.Stays, l.Goes} {
			old, in := at[p]
			at[p] = mark
			for q, m := range at {
				if in && m == old {
					at[q] = mark
				}
			}
		}
	}
	all := map[id.Link][]id.Person{}
	for p, mark := range at {
		all[mark] = append(all[mark], p)
	}
	for mark := range all {
		slices.SortFunc(all[mark], id.Compare)
	}
	return all
}
