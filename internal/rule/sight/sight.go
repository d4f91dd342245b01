// Package sight is the law of what a member of staff sees of the conversations of
// her company (GDPR Art. 25, 32(1)(b): only what her work needs).
//
// Whoever is not limited sees everything. Whoever is limited sees what is given to
// her, what one of her teams has, and what comes in on a number that one of her
// teams works on; where the organisation says so, also what no team has on a number
// that no team works on. A person is seen through her conversations: who has none is
// nobody's.
//
// The list of conversations asks the database the same question in its own words
// (conversation.List); a test holds the two to one answer.
package sight

import (
	"slices"

	"einklang/internal/rule/id"
)

// Limit says how far somebody's role limits what she sees.
type Limit string

// The limits. What is none of them limits: a word that nobody knows opens nothing.
const (
	Free    Limit = "free"    // sees everything
	Limited Limit = "limited" // sees what her teams and numbers have, and what is hers
	// AsSaid is limited where the organisation says so of its agents.
	AsSaid Limit = "as_said"
)

// Scope is what somebody sees. The zero Scope is of nobody, and sees nothing.
type Scope struct {
	everything bool
	account    id.Account
	teams      []id.Team
	numbers    []id.Channel // on which her teams work
	nobodys    bool         // also what no team has
	served     []id.Channel // the numbers on which some team works
}

// Everything is the Scope of who is not limited.
func Everything() Scope { return Scope{everything: true} }

// Of is the Scope of an account that is limited to its teams and their numbers.
func Of(account id.Account, teams []id.Team, numbers []id.Channel) Scope {
	return Scope{account: account, teams: id.Distinct(teams), numbers: id.Distinct(numbers)}
}

// AndNobodys adds what no team has. Served are the numbers on which some team works.
func (s Scope) AndNobodys(served []id.Channel) Scope {
	s.nobodys, s.served = true, id.Distinct(served)
	return s
}

// Facts are what the law asks of a conversation. A zero account or team is none.
type Facts struct {
	Number   id.Channel
	Assignee id.Account
	Team     id.Team
}

// All reports whether nothing is hidden.
func (s Scope) All() bool { return s.everything }

// Sees reports whether a conversation is within the Scope.
func (s Scope) Sees(f Facts) bool {
	switch {
	case s.everything:
		return true
	case s.account.IsZero():
		return false
	case f.Assignee == s.account, !f.Team.IsZero() && slices.Contains(s.teams, f.Team), slices.Contains(s.numbers, f.Number):
		return true
	}
	return s.nobodys && f.Team.IsZero() && !slices.Contains(s.served, f.Number)
}

// SeesAlone reports whether somebody is seen with whom there is no conversation.
func (s Scope) SeesAlone() bool { return s.everything || s.nobodys }

// Same reports whether two Scopes are one.
func (s Scope) Same(as Scope) bool {
	return s.everything == as.everything && s.account == as.account && s.nobodys == as.nobodys &&
		slices.Equal(s.teams, as.teams) && slices.Equal(s.numbers, as.numbers) && slices.Equal(s.served, as.served)
}

// Parts are what a Scope that limits is made of, for what asks a database: the
// conversations that are account's, of one of teams, or on one of numbers; where
// nobodys is true, also those of no team on none of served.
func (s Scope) Parts() (account id.Account, teams []id.Team, numbers []id.Channel, nobodys bool, served []id.Channel) {
	return s.account, s.teams, s.numbers, s.nobodys, s.served
}
