// Package throttle slows down guessing: a few attempts in a minute for one key
// ([Brake]), or a pause that doubles with each failure ([Pause]). It clears
// itself and its memory is bounded: when too many keys come, it lets go of the oldest
// and refuses nobody for that. Of a key, which may be an address, it keeps a hash
// under a seed of its own.
package throttle

import (
	"sync"
	"time"
)

// Brake counts attempts. It is safe for concurrent use.
type Brake struct {
	now  func() time.Time
	most int

	mu   sync.Mutex
	seen memory[attempts]
}

type attempts struct {
	count int
	since time.Time
}

const (
	most   = 10 // attempts in a period, unless somebody needs more
	period = time.Minute
)

// New makes a Brake over a clock that lets ten attempts a minute through.
func New(now func() time.Time) *Brake { return Of(now, most) }

// Of makes a Brake that lets so many attempts a minute through.
func Of(now func() time.Time, most int) *Brake {
	return &Brake{now: now, most: most, seen: newMemory[attempts]()}
}

// Allow counts an attempt and reports whether it may go on. An attempt that
// turns out right is given back with Forgive, so that only wrong ones, and
// those under way, count.
func (b *Brake) Allow(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.find(key)
	if a == nil {
		a = b.seen.add(key, attempts{since: b.now()})
	}
	if a.count >= b.most {
		return false
	}
	a.count++
	return true
}

// Spent reports, without counting, whether a key has used up its attempts.
func (b *Brake) Spent(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.find(key)
	return a != nil && a.count >= b.most
}

// Forgive takes one attempt back: it was right.
func (b *Brake) Forgive(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a := b.find(key); a != nil {
		a.count = max(0, a.count-1)
	}
}

// Clear removes a key: who guessed has shown that she knows.
func (b *Brake) Clear(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen.clear(key)
}

// find is what was counted for a key in the period that runs, or nil.
func (b *Brake) find(key string) *attempts {
	a := b.seen.of(key)
	if a != nil && b.now().Sub(a.since) > period {
		b.seen.clear(key)
		return nil
	}
	return a
}
