// Package foureyes is the law of the second person (GDPR Art. 32(1); privacy.md
// §6): who may answer what one person must not do alone, what happens where
// nobody else could, and which changes to accounts would turn the rule itself
// off, and so fall under it.
//
// The second person is worth nothing if the first one can make her, become her,
// or take her away. So only who was a decider for a week before the question
// answers it, who is shut out counts for a week longer, and where nobody else is
// left the question waits, seen by all who could say no. Shutting somebody out
// never waits: it grants nothing.
package foureyes

import (
	"slices"
	"time"

	"einklang/internal/rule/id"
)

// Standing is how long somebody must have been a decider, without a break, before
// a question that she may grant; and for how long she counts after she was shut
// out or lost the role.
const Standing = 7 * 24 * time.Hour

// Wait is how long a question waits that nobody else could answer.
const Wait = 72 * time.Hour

// Decider is an account, as far as this law goes.
type Decider struct {
	ID    id.Account
	May   bool      // her role decides, and she may sign in
	Since time.Time // since when that is so without a break; means nothing if she may not
	Until time.Time // she counts at least until then, because she was shut out or lost the role; zero: never
}

// Stands reports whether she was a decider for a week before a moment. Only then
// may she grant a question of that moment.
func (d Decider) Stands(at time.Time) bool { return d.May && !d.Since.After(at.Add(-Standing)) }

// Counts reports whether she is somebody else who could decide on a question of a
// moment: she stands, or was taken away less than a week ago.
func (d Decider) Counts(at time.Time) bool { return d.Stands(at) || at.Before(d.Until) }

// MayGrant reports whether she may grant a question.
func (d Decider) MayGrant(by id.Account, asked time.Time) bool { return d.ID != by && d.Stands(asked) }

// MayRefuse reports whether she may refuse one. No is safe: also who is new, and
// also while a question waits because nobody could say yes.
func (d Decider) MayRefuse(by id.Account) bool { return d.ID != by && d.May }

// Alone reports whether nobody else counts at a moment: what somebody asks then
// waits for [Wait], and is marked for good.
func Alone(circle []Decider, by id.Account, at time.Time) bool {
	return !slices.ContainsFunc(circle, func(d Decider) bool { return d.ID != by && d.Counts(at) })
}

// Founding reports whether nobody else has ever counted: the first who shall
// decide beside the founder is made without asking anybody.
func Founding(circle []Decider, by id.Account, at time.Time) bool {
	return !slices.ContainsFunc(circle, func(d Decider) bool { return d.ID != by && (d.Stands(at) || !d.Until.IsZero()) })
}

// Standings counts those who could grant what is asked at a moment.
func Standings(circle []Decider, at time.Time) (n int) {
	for _, d := range circle {
		if d.Stands(at) {
			n++
		}
	}
	return n
}
