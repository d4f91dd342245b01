// Package backoff says how long to wait before something that failed is tried
// again: the same way for mails, messages, files, jobs, connections, and brakes.
package backoff

import (
	"hash/fnv"
	"strconv"
	"time"
)

// Pause is how the waiting grows: First after one failure, doubled by each
// further one up to Most.
type Pause struct {
	First, Most time.Duration
}

// Whole is the wait after a number of failures in a row; what has not failed
// waits like after the first. It is for a brake, which makes one person wait and
// tells her how long; what tries again by itself waits for After.
func (p Pause) Whole(failures int64) time.Duration {
	wait := min(p.First, p.Most)
	for n := int64(1); n < failures && wait < p.Most; n++ {
		if wait > p.Most/2 {
			wait = p.Most
		} else {
			wait *= 2
		}
	}
	return max(0, wait)
}

// After is Whole, shortened by up to a quarter, so that what failed together does
// not come back together. By how much follows from the key (an identifier of
// what is tried, or of who tries) and the number: the same ask gets the same
// answer, on every node.
func (p Pause) After(failures int64, key string) time.Duration {
	wait := p.Whole(failures)
	h := fnv.New64a()
	_, _ = h.Write([]byte(key + " " + strconv.FormatInt(failures, 10)))
	return wait - time.Duration(mixed(h.Sum64())%uint64(wait/4+1)) //nolint:gosec // positive, and less than a wait
}

// mixed spreads the bits of a sum over all its places: FNV leaves those of
// short keys that differ in the last letter close together
// (MurmurHash3's finalizer).
func mixed(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
