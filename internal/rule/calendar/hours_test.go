package calendar

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// office works from Monday to Friday, with a break, and is closed on Christmas
// Eve.
func office(t testing.TB) Schedule {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	s := Schedule{Location: berlin, State: Berlin, Hours: Hours{Closed: []string{"2026-12-24"}}}
	for day := time.Monday; day <= time.Friday; day++ {
		s.Days[day] = []Span{{8 * 60, 12 * 60}, {13 * 60, 17 * 60}}
	}
	return s
}

func TestWorkingTime(t *testing.T) {
	s := office(t)
	for _, c := range []struct {
		name, from, to string
		worked         time.Duration
		open           bool // at from
		opens          string
	}{
		{"within a morning", "2026-11-25 09:00", "2026-11-25 10:30", 90 * time.Minute, true, "2026-11-25 09:00"},
		{"over the break", "2026-11-25 11:00", "2026-11-25 14:00", 2 * time.Hour, true, "2026-11-25 11:00"},
		{"in the break", "2026-11-25 12:00", "2026-11-25 13:00", 0, false, "2026-11-25 13:00"},
		{"over night", "2026-11-25 16:30", "2026-11-26 08:30", time.Hour, true, "2026-11-25 16:30"},
		{"over a weekend", "2026-11-27 17:00", "2026-11-30 09:00", time.Hour, false, "2026-11-30 08:00"},
		{"over Christmas, Friday the 25th", "2026-12-23 17:00", "2026-12-28 08:15", 15 * time.Minute, false, "2026-12-28 08:00"},
		{"backwards", "2026-11-25 10:00", "2026-11-25 09:00", 0, true, "2026-11-25 10:00"},
		{"from before to after a day", "2026-11-25 00:00", "2026-11-26 00:00", 8 * time.Hour, false, "2026-11-25 08:00"},
	} {
		from, err := time.ParseInLocation("2006-01-02 15:04", c.from, s.Location)
		to, err2 := time.ParseInLocation("2006-01-02 15:04", c.to, s.Location)
		if err = errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if got := s.Worked(from, to); got != c.worked {
			t.Errorf("%s: %s worked, want %s", c.name, got, c.worked)
		}
		if got := s.IsOpen(from); got != c.open {
			t.Errorf("%s: open %v", c.name, got)
		}
		if got := s.Opens(from).Format("2006-01-02 15:04"); got != c.opens {
			t.Errorf("%s: opens %s, want %s", c.name, got, c.opens)
		}
	}
}

func TestNoHoursAreAroundTheClock(t *testing.T) {
	var s Schedule
	at := time.Date(2026, 12, 25, 3, 0, 0, 0, time.UTC)
	if !s.IsOpen(at) || s.Worked(at, at.Add(time.Hour)) != time.Hour || !s.Opens(at).Equal(at) {
		t.Error("closed without hours")
	}
}

func TestWorkingTimeAddsUp(t *testing.T) {
	s := office(t)
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, s.Location)
	rapid.Check(t, func(t *rapid.T) {
		moment := rapid.Int64Range(0, 365*24*3600)
		var at [3]time.Time
		first := moment.Draw(t, "first")
		for i, after := range []int64{0, rapid.Int64Range(0, 20*24*3600).Draw(t, "then"), rapid.Int64Range(0, 20*24*3600).Draw(t, "last")} {
			first += after
			at[i] = begin.Add(time.Duration(first) * time.Second)
		}
		a, b, all := s.Worked(at[0], at[1]), s.Worked(at[1], at[2]), s.Worked(at[0], at[2])
		if a+b != all {
			t.Fatalf("%s + %s is not %s", a, b, all)
		}
		if all > at[2].Sub(at[0]) || all < 0 {
			t.Fatalf("%s of work in %s", all, at[2].Sub(at[0]))
		}
		if opens := s.Opens(at[0]); !s.IsOpen(opens) || s.Worked(at[0], opens) != 0 {
			t.Fatalf("work begins at %s", opens)
		}
	})
}

func TestHoursAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"8-17": "08:00-17:00", "13:30–17, 8:00 - 12:30": "08:00-12:30, 13:30-17:00", "": "", "0-24:00": "00:00-24:00",
	} {
		spans, err := ParseDay(text)
		if err != nil || DayText(spans) != want {
			t.Errorf("%q: %q, %v", text, DayText(spans), err)
		}
	}
	for _, wrong := range []string{"8", "17-8", "8-25", "8:60-9", "8-12, 11-13", "acht-neun", "-1-3"} {
		if _, err := ParseDay(wrong); !errors.Is(err, ErrHours) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	days, err := ParseClosed("2026-12-31\n2026-12-24, 2026-12-24")
	if err != nil || !slices.Equal(days, []string{"2026-12-24", "2026-12-31"}) {
		t.Error(days, err)
	}
	if _, err := ParseClosed("24.12.2026"); !errors.Is(err, ErrHours) {
		t.Error(err)
	}
}

func FuzzParseDay(f *testing.F) {
	f.Add("8:00-12:30, 13:30-17")
	f.Fuzz(func(t *testing.T, text string) {
		spans, err := ParseDay(text)
		if err != nil {
			return
		}
		again, err := ParseDay(DayText(spans))
		if err != nil || !slices.Equal(spans, again) {
			t.Fatal(spans, again, err)
		}
	})
}
