package retention

import (
	"testing"
	"time"
)

func TestWhichTimeIsBelieved(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		database, seen time.Time
		want           Doubt
	}{
		"the first time":                      {},
		"an hour after it was looked at last": {seen: now.Add(-time.Hour)},
		"off over Christmas":                  {seen: now.AddDate(0, 0, -6)},
		"off for months, or a leap":           {seen: now.AddDate(0, -3, 0), want: Leap},
		"four years ahead":                    {seen: now.AddDate(-4, 0, 0), want: Leap},
		"a little back":                       {seen: now.Add(30 * time.Minute)},
		"back":                                {seen: now.Add(2 * time.Hour), want: Back},
		"as the database":                     {database: now.Add(-time.Minute), seen: now},
		"before the database":                 {database: now.Add(time.Hour), seen: now, want: Elsewhere},
		"after the database":                  {database: now.AddDate(-4, 0, 0), want: Elsewhere},
	} {
		if got := doubted(now, c.database, c.seen, c.seen); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
