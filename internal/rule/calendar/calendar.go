// Package calendar knows when advertising rests: at night, on Sundays, and on
// the public holidays of each German state.
package calendar

import "time"

// GermanTime is the time zone of dates that name none.
func GermanTime() *time.Location {
	zone, err := Zone("Europe/Berlin")
	if err != nil {
		return time.UTC // dates are off by hours at most
	}
	return zone
}

// State is a German state by its usual two letters (ISO 3166-2:DE).
type State string

// The states.
const (
	BadenWuerttemberg     State = "BW"
	Bavaria               State = "BY" // with Assumption Day, which holds in most of its towns
	Berlin                State = "BE"
	Brandenburg           State = "BB"
	Bremen                State = "HB"
	Hamburg               State = "HH"
	Hesse                 State = "HE"
	MecklenburgVorpommern State = "MV"
	LowerSaxony           State = "NI"
	NorthRhineWestphalia  State = "NW"
	RhinelandPalatinate   State = "RP"
	Saarland              State = "SL"
	Saxony                State = "SN"
	SaxonyAnhalt          State = "ST"
	SchleswigHolstein     State = "SH"
	Thuringia             State = "TH"
)

// States lists all states.
func States() []State {
	return []State{BadenWuerttemberg, Bavaria, Berlin, Brandenburg, Bremen, Hamburg, Hesse, MecklenburgVorpommern,
		LowerSaxony, NorthRhineWestphalia, RhinelandPalatinate, Saarland, Saxony, SaxonyAnhalt, SchleswigHolstein, Thuringia}
}

// Rule says when it is quiet.
type Rule struct {
	From, Until time.Duration // after midnight; From 20 h, Until 8 h spans the night
	Location    *time.Location
	State       State
	Sundays     bool
	Holidays    bool
}

// longest run of quiet days: Christmas and a Sunday at both ends.
const mostDays = 10

// QuietUntil is the end of the quiet time that holds at t; zero if it is not
// quiet at t.
func QuietUntil(t time.Time, r Rule) time.Time {
	at := t.In(r.Location)
	quiet := false
	for range 2 * mostDays {
		end, is := r.quiet(at)
		if !is {
			break
		}
		quiet, at = true, end
	}
	if !quiet {
		return time.Time{}
	}
	return at
}

// quiet reports whether it is quiet at a moment and when that stretch ends.
func (r Rule) quiet(at time.Time) (end time.Time, quiet bool) {
	midnight := func(days int) time.Time {
		return time.Date(at.Year(), at.Month(), at.Day()+days, 0, 0, 0, 0, r.Location)
	}
	if r.Sundays && at.Weekday() == time.Sunday || r.Holidays && IsHoliday(at, r.State) {
		return midnight(1), true
	}
	since := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
	clock := func(days int, d time.Duration) time.Time {
		return time.Date(at.Year(), at.Month(), at.Day()+days, 0, int(d/time.Minute), 0, 0, r.Location)
	}
	switch {
	case r.From == r.Until:
		return time.Time{}, false
	case r.From < r.Until:
		return clock(0, r.Until), since >= r.From && since < r.Until
	case since >= r.From:
		return clock(1, r.Until), true
	default:
		return clock(0, r.Until), since < r.Until
	}
}

// IsHoliday reports whether the day of t, in its location, is a public holiday
// in a state.
func IsHoliday(t time.Time, s State) bool {
	day := date{t.Month(), t.Day()}
	for _, h := range holidays(t.Year()) {
		if h.day == day && (len(h.states) == 0 || contains(h.states, s)) {
			return true
		}
	}
	return false
}

func contains(states []State, s State) bool {
	for _, one := range states {
		if one == s {
			return true
		}
	}
	return false
}

type date struct {
	month time.Month
	day   int
}

type holiday struct {
	day    date
	states []State // none: everywhere
}

// holidays are the public holidays of a year (the states' Feiertagsgesetze).
func holidays(year int) []holiday {
	easter := Easter(year)
	around := func(days int) date {
		d := easter.AddDate(0, 0, days)
		return date{d.Month(), d.Day()}
	}
	catholic := []State{BadenWuerttemberg, Bavaria, NorthRhineWestphalia, RhinelandPalatinate, Saarland}
	reformation := []State{Brandenburg, MecklenburgVorpommern, Saxony, SaxonyAnhalt, Thuringia}
	if year >= 2018 {
		reformation = append(reformation, Bremen, Hamburg, LowerSaxony, SchleswigHolstein)
	}
	all := []holiday{
		{date{time.January, 1}, nil},
		{date{time.January, 6}, []State{BadenWuerttemberg, Bavaria, SaxonyAnhalt}},
		{around(-2), nil},                                 // Good Friday
		{around(0), []State{Brandenburg}},                 // Easter Sunday
		{around(1), nil},                                  // Easter Monday
		{date{time.May, 1}, nil},                          // Labour Day
		{around(39), nil},                                 // Ascension
		{around(49), []State{Brandenburg}},                // Whit Sunday
		{around(50), nil},                                 // Whit Monday
		{around(60), append([]State{Hesse}, catholic...)}, // Corpus Christi
		{date{time.August, 15}, []State{Bavaria, Saarland}},
		{date{time.October, 3}, nil}, // German Unity
		{date{time.October, 31}, reformation},
		{date{time.November, 1}, catholic},
		{repentance(year), []State{Saxony}},
		{date{time.December, 25}, nil},
		{date{time.December, 26}, nil},
	}
	if year >= 2019 {
		all = append(all, holiday{date{time.September, 20}, []State{Thuringia}})
		states := []State{Berlin}
		if year >= 2023 {
			states = append(states, MecklenburgVorpommern)
		}
		all = append(all, holiday{date{time.March, 8}, states})
	}
	if year == 2025 || year == 2028 { // once each: the end of the war, the uprising of 1953
		day := date{time.May, 8}
		if year == 2028 {
			day = date{time.June, 17}
		}
		all = append(all, holiday{day, []State{Berlin}})
	}
	return all
}

// repentance is Buß- und Bettag: the Wednesday before 23 November.
func repentance(year int) date {
	d := time.Date(year, time.November, 22, 0, 0, 0, 0, time.UTC)
	for d.Weekday() != time.Wednesday {
		d = d.AddDate(0, 0, -1)
	}
	return date{d.Month(), d.Day()}
}

// Easter is Easter Sunday of a year (the Gregorian computus of Meeus, Jones
// and Butcher).
func Easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}
