package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Span is a stretch of a day in minutes after midnight; Until does not belong
// to it.
type Span struct {
	From  int `json:"from"`
	Until int `json:"until"`
}

// Hours are the hours in which a company works, in the company's own time. The
// zero Hours are around the clock.
type Hours struct {
	Days   [7][]Span `json:"days"`             // by time.Weekday
	Closed []string  `json:"closed,omitempty"` // more days off, such as 2026-12-24
}

// AroundTheClock reports whether no hours are set.
func (h Hours) AroundTheClock() bool {
	for _, day := range h.Days {
		if len(day) > 0 {
			return false
		}
	}
	return true
}

// Schedule is Hours at a place. It is closed on the place's public holidays.
type Schedule struct {
	Hours
	Location *time.Location
	State    State
}

// IsOpen reports whether the company works at a moment.
func (s Schedule) IsOpen(t time.Time) bool {
	if s.AroundTheClock() {
		return true
	}
	for _, one := range s.on(t.In(s.Location)) {
		if !t.Before(one.from) && t.Before(one.until) {
			return true
		}
	}
	return false
}

// farthest is how many days Worked and Opens look at: longer than any target,
// short enough for every row of a list.
const farthest = 60

// Worked is how much working time lies between two moments; of a longer time
// than sixty days only the first sixty count.
func (s Schedule) Worked(from, to time.Time) time.Duration {
	if !to.After(from) {
		return 0
	}
	if s.AroundTheClock() {
		return to.Sub(from)
	}
	var sum time.Duration
	day := from.In(s.Location)
	for range farthest {
		for _, one := range s.on(day) {
			begin, end := latest(one.from, from), earliest(one.until, to)
			if end.After(begin) {
				sum += end.Sub(begin)
			}
		}
		day = nextDay(day)
		if !day.Before(to) {
			break
		}
	}
	return sum
}

// Opens is the next moment, from t on, at which the company works; zero if none
// comes within sixty days.
func (s Schedule) Opens(t time.Time) time.Time {
	if s.IsOpen(t) {
		return t
	}
	day := t.In(s.Location)
	for range farthest {
		for _, one := range s.on(day) {
			if one.from.After(t) {
				return one.from
			}
		}
		day = nextDay(day)
	}
	return time.Time{}
}

type stretch struct{ from, until time.Time }

// on is when the company works on the day of t.
func (s Schedule) on(t time.Time) []stretch {
	spans := s.Days[t.Weekday()]
	if len(spans) == 0 || IsHoliday(t, s.State) || slices.Contains(s.Closed, t.Format(time.DateOnly)) {
		return nil
	}
	all := make([]stretch, len(spans))
	for i, one := range spans {
		at := func(minutes int) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day(), 0, minutes, 0, 0, s.Location)
		}
		all[i] = stretch{at(one.From), at(one.Until)}
	}
	return all
}

func nextDay(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, t.Location())
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// ErrHours is wrapped by everything that is wrong with hours that a person
// wrote.
var ErrHours = errors.New("these hours cannot be read")

// Wrong says what is wrong with hours that a person wrote.
type Wrong struct {
	Kind string // hours: no stretch of time; overlap: two that overlap; day: no day
	Part string // what was written
}

// Error is for logs.
func (w *Wrong) Error() string { return ErrHours.Error() + ": " + w.Kind }

// Unwrap makes it an ErrHours.
func (w *Wrong) Unwrap() error { return ErrHours }

// ParseDay reads the hours of one day, such as "8:00-12:30, 13:30-17"; nothing
// is a day off.
func ParseDay(text string) ([]Span, error) {
	var all []Span
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, until, found := strings.Cut(strings.ReplaceAll(part, "–", "-"), "-")
		begin, err := minutes(from)
		end, err2 := minutes(until)
		if !found || err != nil || err2 != nil || begin >= end {
			return nil, &Wrong{"hours", part}
		}
		all = append(all, Span{begin, end})
	}
	slices.SortFunc(all, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	for i := 1; i < len(all); i++ {
		if all[i].From < all[i-1].Until {
			return nil, &Wrong{"overlap", text}
		}
	}
	return all, nil
}

// minutes reads a time of day, "8" or "08:30", up to "24:00".
func minutes(text string) (int, error) {
	hours, rest, has := strings.Cut(strings.TrimSpace(text), ":")
	h, err := strconv.ParseUint(hours, 10, 8)
	m := uint64(0)
	if err == nil && has {
		m, err = strconv.ParseUint(rest, 10, 8)
	}
	if err != nil || m > 59 || h*60+m > 24*60 {
		return 0, ErrHours
	}
	return int(h*60 + m), nil //nolint:gosec // at most a day
}

// DayText writes what ParseDay reads.
func DayText(spans []Span) string {
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/60, s.From%60, s.Until/60, s.Until%60)
	}
	return strings.Join(parts, ", ")
}

// ParseClosed reads days off, one on a line, such as 2026-12-24.
func ParseClosed(text string) ([]string, error) {
	var all []string
	for _, day := range strings.Fields(strings.ReplaceAll(text, ",", " ")) {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return nil, &Wrong{"day", day}
		}
		all = append(all, day)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
