package factor

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// RFC 6238, appendix B, the last six digits.
func TestCodesAreThoseOfTheRFC(t *testing.T) {
	key := []byte("12345678901234567890")
	for seconds, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := codeOf(key, stepOf(time.Unix(seconds, 0))); got != want {
			t.Errorf("at %d: %s, want %s", seconds, got, want)
		}
	}
}

// A code counts in its step and in the one before and after, once, and none that is
// older than one that counted.
func TestACodeCountsOnceAndNearItsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), keyLength, keyLength).Draw(t, "key")
		now := time.Unix(rapid.Int64Range(1_700_000_000, 4_000_000_000).Draw(t, "now"), 0)
		at := stepOf(now) + rapid.Int64Range(-4, 4).Draw(t, "away")
		last := stepOf(now) + rapid.Int64Range(-6, 3).Draw(t, "last")
		step, is := matching(key, " "+codeOf(key, at)[:3]+" "+codeOf(key, at)[3:], now, last)
		near := at >= stepOf(now)-1 && at <= stepOf(now)+1 && at > last
		if is && step <= last {
			t.Fatalf("step %d counts again, after %d", step, last)
		}
		if near && !is {
			t.Fatalf("step %d does not count at %d, after %d", at, stepOf(now), last)
		}
		if is && !near && codeOf(key, step) != codeOf(key, at) {
			t.Fatalf("the code of step %d counts as that of %d", at, step)
		}
	})
}
