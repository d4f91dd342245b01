package assignment

import (
	"bytes"
	"slices"
	"time"

	"einklang/internal/rule/id"
)

// Assignment is how a team's conversations find somebody.
type Assignment string

// The ways.
const (
	ByHand     Assignment = "by_hand"
	RoundRobin Assignment = "round_robin" // in turn
	LeastLoad  Assignment = "least_load"  // to whom has the fewest open ones
)

// Candidate is a member of a team who could take a conversation.
type Candidate struct {
	Account id.Account
	Present bool // signed in and at work
	Load    int  // open conversations
}

// Choose picks who gets the next conversation; zero if nobody is there. Last is
// who got the one before.
func Choose(how Assignment, all []Candidate, last id.Account) id.Account {
	there := slices.DeleteFunc(slices.Clone(all), func(c Candidate) bool { return !c.Present })
	if len(there) == 0 {
		return id.Account{}
	}
	slices.SortFunc(there, func(a, b Candidate) int { return bytes.Compare(a.Account[:], b.Account[:]) })
	switch how {
	case RoundRobin:
		for _, c := range there {
			if bytes.Compare(c.Account[:], last[:]) > 0 {
				return c.Account
			}
		}
		return there[0].Account
	case LeastLoad:
		return slices.MinFunc(there, func(a, b Candidate) int { return a.Load - b.Load }).Account
	default:
		return id.Account{}
	}
}

// Urgency says how long somebody has been waiting, against the team's target.
type Urgency string

// The urgencies.
const (
	Calm   Urgency = ""
	Soon   Urgency = "amber" // three quarters of the target have passed
	Urgent Urgency = "red"   // the target is missed
)

// Waiting judges how much working time a person has been waiting, against the
// target; zero: none.
func Waiting(waited, target time.Duration) Urgency {
	switch {
	case target <= 0:
		return Calm
	case waited >= target:
		return Urgent
	case waited*4 >= target*3:
		return Soon
	default:
		return Calm
	}
}
