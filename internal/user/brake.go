package user

import (
	"sync"
	"time"
)

// brake slows down guessing: a few attempts in a minute for one address and
// for one place. It forgets by itself and its memory is bounded.
type brake struct {
	now func() time.Time

	mu   sync.Mutex
	seen map[string]*attempts
}

type attempts struct {
	count int
	since time.Time
}

const (
	brakeMost   = 10
	brakePeriod = time.Minute
	brakeKeys   = 10_000
)

func newBrake(now func() time.Time) *brake { return &brake{now: now, seen: map[string]*attempts{}} }

func (b *brake) allow(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if len(b.seen) > brakeKeys {
		for k, a := range b.seen {
			if now.Sub(a.since) > brakePeriod {
				delete(b.seen, k)
			}
		}
		if len(b.seen) > brakeKeys {
			return false
		}
	}
	a := b.seen[key]
	if a == nil || now.Sub(a.since) > brakePeriod {
		b.seen[key] = &attempts{1, now}
		return true
	}
	a.count++
	return a.count <= brakeMost
}

func (b *brake) clear(key string) {
	b.mu.Lock()
	delete(b.seen, key)
	b.mu.Unlock()
}
