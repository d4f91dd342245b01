package backoff

import (
	"math"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The whole wait doubles up to the longest; a quarter of it at most is taken
// off.
func TestTheWaitDoubles(t *testing.T) {
	for _, c := range []struct {
		pause    Pause
		failures int64
		want     time.Duration
	}{
		{Pause{time.Second, time.Hour}, 0, time.Second},
		{Pause{time.Second, time.Hour}, 1, time.Second},
		{Pause{time.Second, time.Hour}, 2, 2 * time.Second},
		{Pause{time.Second, time.Hour}, 5, 16 * time.Second},
		{Pause{time.Second, time.Hour}, 12, 2048 * time.Second},
		{Pause{time.Second, time.Hour}, 13, time.Hour},
		{Pause{time.Second, time.Hour}, math.MaxInt64, time.Hour},
		{Pause{time.Minute, time.Second}, 1, time.Second},
		{Pause{time.Minute, math.MaxInt64}, 64, math.MaxInt64},
	} {
		if got := c.pause.Whole(c.failures); got != c.want {
			t.Errorf("%v after %d: %v, want %v", c.pause, c.failures, got, c.want)
		}
		for key := range 100 {
			got := c.pause.After(c.failures, strconv.Itoa(key))
			if got > c.want || got < c.want-c.want/4 {
				t.Errorf("%v after %d: %v, want %v or up to a quarter less", c.pause, c.failures, got, c.want)
			}
		}
	}
	if got := (Pause{}).After(3, "a"); got != 0 {
		t.Errorf("no pause is %v", got)
	}
}

// Whatever is asked, the wait lies between three quarters of the first and the
// longest, and the same ask has the same answer.
func TestTheWaitIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := 1 + time.Duration(rapid.Uint32().Draw(t, "first"))
		p := Pause{First: first, Most: first + time.Duration(rapid.Uint32().Draw(t, "more"))}
		failures, key := rapid.Int64().Draw(t, "failures"), rapid.String().Draw(t, "key")
		got := p.After(failures, key)
		if got < p.First-p.First/4 || got > p.Most || got != p.After(failures, key) {
			t.Fatalf("%v after %d: %v, then %v", p, failures, got, p.After(failures, key))
		}
	})
}

// A later failure never waits less than an earlier one while the wait doubles.
func TestTheWaitGrows(t *testing.T) {
	p := Pause{time.Millisecond, math.MaxInt64}
	rapid.Check(t, func(t *rapid.T) {
		n, key := rapid.Int64Range(1, 40).Draw(t, "failures"), rapid.String().Draw(t, "key")
		if earlier, later := p.After(n, key), p.After(n+1, key); later <= earlier {
			t.Fatalf("%v after %d failures, %v after one more", earlier, n, later)
		}
	})
}

// What failed together comes back spread over the quarter.
func TestTheWaitsAreSpread(t *testing.T) {
	const all = 4000
	var tenth [10]int
	p := Pause{time.Hour, time.Hour}
	for i := range all {
		early := time.Hour - p.After(1, "message "+strconv.Itoa(i))
		tenth[min(int(early*40/time.Hour), 9)]++
	}
	for i, n := range tenth {
		if n < all/20 || n > all/5 {
			t.Errorf("%d of %d come back in the %d. tenth of the quarter", n, all, i+1)
		}
	}
}
