// Package cases keeps what people ask for under GDPR Art. 15 to 22, from
// the request to the answer: the clock, who the person is, what was done, and
// the proof of it.
//
// A case is sealed under a key of its own, because its record must outlive the
// person's data: it shows that a right was honoured (Art. 5(2)).
package cases

import "time"

// Kind is what a person asks for.
type Kind string

// The kinds, with the article of the GDPR.
const (
	Access      Kind = "access"      // Art. 15
	Rectify     Kind = "rectify"     // Art. 16
	Erase       Kind = "erase"       // Art. 17
	Restrict    Kind = "restrict"    // Art. 18
	Portability Kind = "portability" // Art. 20
	Object      Kind = "object"      // Art. 21(2), to advertising: never weighed
	Oppose      Kind = "oppose"      // Art. 21(1), to what rests on a legitimate interest: weighed, and restricted until then (Art. 18(1)(d))
	Withdraw    Kind = "withdraw"    // Art. 7(3)
	Complaint   Kind = "complaint"   // Art. 77, or to us
)

// Kinds lists the kinds as a form offers them.
func Kinds() []Kind {
	return []Kind{Access, Rectify, Erase, Restrict, Portability, Object, Oppose, Withdraw, Complaint}
}

// Clock is when a case must be answered (GDPR Art. 12(3)).
type Clock struct {
	Received time.Time
	Extended time.Time // zero: not extended
	Closed   time.Time // zero: open
}

// firstMonths and extraMonths: one month from receipt, extendable by two.
const (
	firstMonths = 1
	extraMonths = 2
)

// Due is the last moment at which the answer is in time: what came on the 3rd is
// due on the 3rd of the next month, to the end of that day.
func (c Clock) Due(zone *time.Location) time.Time {
	months := firstMonths
	if !c.Extended.IsZero() {
		months += extraMonths
	}
	return endOfDay(addMonths(c.Received.In(zone), months))
}

// MayExtend reports whether the period can be extended now: once, and the
// person must be told within the first month.
func (c Clock) MayExtend(now time.Time, zone *time.Location) bool {
	return c.Closed.IsZero() && c.Extended.IsZero() && now.Before(endOfDay(addMonths(c.Received.In(zone), firstMonths)))
}

// addMonths is the same day some months later, or the last day of a month that
// is too short (Regulation (EEC, Euratom) 1182/71 Art. 3(2)(c)).
func addMonths(t time.Time, months int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return time.Date(first.Year(), first.Month(), min(t.Day(), last), 0, 0, 0, 0, t.Location())
}

func endOfDay(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, t.Location()).Add(-time.Microsecond)
}

// Urgency is how near the end is.
type Urgency string

// The urgencies; a reminder goes out when one begins.
const (
	Calm    Urgency = "calm"
	Week    Urgency = "week"    // at most seven days are left
	Days    Urgency = "days"    // at most three
	Overdue Urgency = "overdue" // the law is broken
	Closed  Urgency = "closed"
)

const day = 24 * time.Hour

// Urgency says how near the end is at a moment.
func (c Clock) Urgency(now time.Time, zone *time.Location) Urgency {
	left := c.Due(zone).Sub(now)
	switch {
	case !c.Closed.IsZero():
		return Closed
	case left <= 0:
		return Overdue
	case left <= 3*day:
		return Days
	case left <= 7*day:
		return Week
	default:
		return Calm
	}
}

// Lamp is the colour that shows an urgency.
func (u Urgency) Lamp() string {
	return map[Urgency]string{Calm: "green", Week: "amber", Days: "red", Overdue: "red", Closed: ""}[u]
}
