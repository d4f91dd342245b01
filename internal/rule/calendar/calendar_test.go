package calendar

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func rule(t *testing.T, s State) Rule {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return Rule{From: 20 * time.Hour, Until: 8 * time.Hour, Location: berlin, State: s, Sundays: true, Holidays: true}
}

func TestEaster(t *testing.T) {
	for year, want := range map[int]string{2024: "2024-03-31", 2025: "2025-04-20", 2026: "2026-04-05", 2027: "2027-03-28", 2028: "2028-04-16"} {
		if got := Easter(year).Format(time.DateOnly); got != want {
			t.Errorf("Easter %d: %s, want %s", year, got, want)
		}
	}
}

func TestHolidays(t *testing.T) {
	for _, c := range []struct {
		day   string
		state State
		want  bool
	}{
		{"2026-01-01", Hamburg, true}, {"2026-01-06", Bavaria, true}, {"2026-01-06", Berlin, false},
		{"2026-03-08", Berlin, true}, {"2026-03-08", MecklenburgVorpommern, true}, {"2026-03-08", Hesse, false},
		{"2026-04-03", Saxony, true}, {"2026-04-06", Saxony, true}, {"2026-05-14", Hesse, true}, {"2026-05-25", Hesse, true},
		{"2026-06-04", Hesse, true}, {"2026-06-04", NorthRhineWestphalia, true}, {"2026-06-04", Berlin, false},
		{"2026-08-15", Saarland, true}, {"2026-08-15", Hesse, false}, {"2026-09-20", Thuringia, true},
		{"2026-10-03", Bremen, true}, {"2026-10-31", Hamburg, true}, {"2026-10-31", Bavaria, false},
		{"2026-11-01", Bavaria, true}, {"2026-11-01", Saxony, false}, {"2026-11-18", Saxony, true}, {"2025-11-19", Saxony, true},
		{"2025-05-08", Berlin, true}, {"2026-05-08", Berlin, false}, {"2026-12-26", Bremen, true}, {"2026-12-24", Bremen, false},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := IsHoliday(day, c.state); got != c.want {
			t.Errorf("%s in %s: %v, want %v", c.day, c.state, got, c.want)
		}
	}
}

func TestQuietUntil(t *testing.T) {
	for _, c := range []struct{ name, at, want string }{
		{"a working day at noon", "2026-11-24 12:00", ""},
		{"the last minute of the day", "2026-11-24 19:59", ""},
		{"in the evening", "2026-11-24 20:00", "2026-11-25 08:00"},
		{"in the night", "2026-11-25 03:00", "2026-11-25 08:00"},
		{"at eight", "2026-11-25 08:00", ""},
		{"Saturday evening runs through Sunday", "2026-11-28 21:00", "2026-11-30 08:00"},
		{"Christmas Eve runs to Monday", "2026-12-24 22:00", "2026-12-28 08:00"},
		{"the night in which clocks go back", "2026-10-24 23:00", "2026-10-26 08:00"},
		{"Easter Saturday, when clocks go forward", "2027-03-27 21:00", "2027-03-30 08:00"},
	} {
		r := rule(t, Berlin)
		at, err := time.ParseInLocation("2006-01-02 15:04", c.at, r.Location)
		if err != nil {
			t.Fatal(err)
		}
		got := QuietUntil(at, r)
		text := ""
		if !got.IsZero() {
			text = got.Format("2006-01-02 15:04")
		}
		if text != c.want {
			t.Errorf("%s: quiet until %q, want %q", c.name, text, c.want)
		}
	}
}

func TestEveryStateHasItsHolidays(t *testing.T) {
	for _, s := range States() {
		n := 0
		for d := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
			if IsHoliday(d, s) {
				n++
			}
		}
		if n < 9 || n > 14 {
			t.Errorf("%s has %d public holidays in 2026", s, n)
		}
	}
}

// TestQuietTimeEndsWhenItIsNotQuiet, whatever the rule and the day, also where
// clocks change.
func TestQuietTimeEndsWhenItIsNotQuiet(t *testing.T) {
	berlin := rule(t, Berlin).Location
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, berlin)
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.IntRange(0, 24*60-1)
		r := Rule{From: time.Duration(minutes.Draw(t, "from")) * time.Minute, Until: time.Duration(minutes.Draw(t, "until")) * time.Minute, Location: berlin,
			State: rapid.SampledFrom(States()).Draw(t, "state"), Sundays: rapid.Bool().Draw(t, "Sundays"), Holidays: rapid.Bool().Draw(t, "holidays")}
		at := begin.Add(time.Duration(rapid.Int64Range(0, 6*366*24*3600).Draw(t, "second")) * time.Second)
		end := QuietUntil(at, r)
		if end.IsZero() {
			return
		}
		if !end.After(at) || end.Sub(at) > mostDays*24*time.Hour {
			t.Fatalf("quiet at %s until %s", at, end)
		}
		if again := QuietUntil(end, r); !again.IsZero() {
			t.Fatalf("quiet at %s until %s, and then until %s", at, end, again)
		}
	})
}
