package throttle

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPausesDouble(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	p := NewPause(func() time.Time { return now })
	for n, want := range []time.Duration{0, 0, 0, 0, 0, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, 64 * time.Second, 128 * time.Second, 256 * time.Second, 512 * time.Second, longest, longest} {
		if p.Fail("a") != n+1 || p.Wait("a") != want {
			t.Errorf("after %d failures: %v, want %v", n+1, p.Wait("a"), want)
		}
	}
	if p.Wait("b") != 0 {
		t.Error("another key waits, too")
	}
	if now = now.Add(longest); p.Wait("a") != 0 {
		t.Error("the pause is over, and it waits")
	}
	if p.Fail("a"); p.Wait("a") != longest {
		t.Error("after the pause the failures are forgotten")
	}
	if now = now.Add(fades + time.Second); p.Fail("a") != 1 {
		t.Error("after a day the failures are not forgotten")
	}
	p.Fail("c")
	if p.Clear("c"); p.Fail("c") != 1 {
		t.Error("what was right does not clear the failures")
	}
}

// However many keys come, in whatever order: memory is bounded, nobody waits
// longer than the longest pause, and nobody waits who failed less than a few times.
func TestPausesAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
		p := NewPause(func() time.Time { return now })
		failed := map[string]int{}
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
			switch rapid.SampledFrom([]string{"fail", "clear", "time"}).Draw(t, "what") {
			case "fail":
				p.Fail(key)
				failed[key]++
			case "clear":
				p.Clear(key)
				failed[key] = 0
			case "time":
				now = now.Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "seconds")) * time.Second)
			}
			if w := p.Wait(key); w < 0 || w > longest || w > 0 && failed[key] <= free {
				t.Fatalf("%s waits %v after %d failures", key, w, failed[key])
			}
		}
	})
	p := NewPause(time.Now)
	for i := range 3 * keys {
		p.Fail(fmt.Sprint(i))
	}
	if len(p.seen.seen) != keys || p.seen.order.Len() != keys {
		t.Errorf("%d keys are remembered", len(p.seen.seen))
	}
}
