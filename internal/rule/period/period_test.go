package period_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/rule/period"
)

func TestDue(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := func(text string) time.Time {
		at, err := time.ParseInLocation(time.DateTime, text, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		class       string
		amount      int
		began, want string
	}{
		{period.Messages, 12, "2025-03-10 09:00:00", "2026-03-10 09:00:00"},
		{period.Messages, 1, "2026-01-31 09:00:00", "2026-03-03 09:00:00"}, // as Go counts: never earlier than the month
		{period.Letters, 6, "2020-01-01 00:00:00", "2027-01-01 00:00:00"},
		{period.Letters, 6, "2020-12-31 23:59:59", "2027-01-01 00:00:00"},
		{period.Letters, 6, "2021-01-01 00:00:00", "2028-01-01 00:00:00"},
		{period.Vouchers, 8, "2025-06-15 12:00:00", "2034-01-01 00:00:00"},
		{period.Media, 90, "2026-01-01 12:00:00", "2026-04-01 12:00:00"}, // summer time has begun meanwhile
	} {
		class, ok := period.ClassOf(c.class)
		if got := class.Due(c.amount, day(c.began)); !ok || !got.Equal(day(c.want)) {
			t.Errorf("%s of %s: %s, want %s", c.class, c.began, got, c.want)
		}
	}
}

// TestCutoff: what began before the cutoff is due, and for years nothing else.
// Months and days agree with Due but for the ends of months, where the cutoff
// keeps a day or two longer at most.
func TestCutoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		class := rapid.SampledFrom(period.Classes()).Draw(t, "class")
		amount := rapid.IntRange(1, 30).Draw(t, "amount")
		now := time.Unix(rapid.Int64Range(1_500_000_000, 2_500_000_000).Draw(t, "now"), 0).UTC()
		began := now.Add(-time.Duration(rapid.Int64Range(0, int64(40*366*24*time.Hour)).Draw(t, "ago")))
		gone := began.Before(class.Cutoff(amount, now))
		due := class.Due(amount, began)
		switch {
		case gone && due.After(now.AddDate(0, 0, 3)):
			t.Fatalf("%s: what is due on %s is deleted on %s", class.Key, due, now)
		case !gone && due.Before(now.AddDate(0, 0, -3)):
			t.Fatalf("%s: what was due on %s is still here on %s", class.Key, due, now)
		case class.Unit == period.Years && gone == due.After(now):
			t.Fatalf("%s: due on %s, deleted %t on %s", class.Key, due, gone, now)
		}
	})
}
