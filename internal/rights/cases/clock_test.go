package cases

import (
	"testing"
	"time"
)

func TestAnswersAreDueAMonthAfterReceipt(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		m, err := time.ParseInLocation("2006-01-02 15:04", text, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, c := range []struct {
		name, received, extended, due string
	}{
		{"from the 3rd to the 3rd", "2026-11-03 09:00", "", "2026-12-03"},
		{"an ordinary month", "2026-11-10 09:00", "", "2026-12-10"},
		{"31 January, short February", "2027-01-31 12:00", "", "2027-02-28"},
		{"31 January, leap year", "2028-01-31 12:00", "", "2028-02-29"},
		{"30 January, short February", "2027-01-30 12:00", "", "2027-02-28"},
		{"31 August, short September", "2026-08-31 23:59", "", "2026-09-30"},
		{"28 February stays the 28th", "2027-02-28 00:00", "", "2027-03-28"},
		{"over the end of the year", "2026-12-15 08:00", "", "2027-01-15"},
		{"over the change of the clock", "2026-03-10 08:00", "", "2026-04-10"},
		{"extended by two", "2026-11-10 09:00", "2026-11-20 09:00", "2027-02-10"},
		{"extended, 30 November", "2026-11-30 09:00", "2026-12-01 09:00", "2027-02-28"},
	} {
		k := Clock{Received: at(c.received)}
		if c.extended != "" {
			k.Extended = at(c.extended)
		}
		if got := k.Due(berlin); got.Format(time.DateOnly) != c.due || got.Add(time.Microsecond).Format(time.DateOnly) == c.due {
			t.Errorf("%s: due %s, want the end of %s", c.name, got, c.due)
		}
	}
}

func TestUrgencyAndExtension(t *testing.T) {
	received := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	due := time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		clock  Clock
		now    time.Time
		want   Urgency
		extend bool
	}{
		{"fresh", Clock{Received: received}, received, Calm, true},
		{"a week and an hour left", Clock{Received: received}, due.Add(-7*day - time.Hour), Calm, true},
		{"a week left", Clock{Received: received}, due.Add(-7 * day), Week, true},
		{"three days left", Clock{Received: received}, due.Add(-3 * day), Days, true},
		{"the last second", Clock{Received: received}, due.Add(-time.Second), Days, true},
		{"too late", Clock{Received: received}, due, Overdue, false},
		{"extended", Clock{Received: received, Extended: received}, due, Calm, false},
		{"closed", Clock{Received: received, Closed: received}, due.Add(90 * day), Closed, false},
	} {
		if got := c.clock.Urgency(c.now, time.UTC); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if got := c.clock.MayExtend(c.now, time.UTC); got != c.extend {
			t.Errorf("%s: may extend %t", c.name, got)
		}
	}
}
