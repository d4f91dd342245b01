// Package brake slows down guessing: a few attempts in a minute for one key,
// such as a login or a shortened internet address. It forgets by itself and its
// memory is bounded.
package brake

import (
	"sync"
	"time"
)

// Brake counts attempts. It is safe for concurrent use.
type Brake struct {
	now func() time.Time

	mu   sync.Mutex
	seen map[string]*attempts
}

type attempts struct {
	count int
	since time.Time
}

const (
	most   = 10 // attempts in a period
	period = time.Minute
	keys   = 10_000
)

// New makes a Brake over a clock.
func New(now func() time.Time) *Brake { return &Brake{now: now, seen: map[string]*attempts{}} }

// Allow counts an attempt and reports whether it may go on.
func (b *Brake) Allow(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if len(b.seen) > keys {
		for k, a := range b.seen {
			if now.Sub(a.since) > period {
				delete(b.seen, k)
			}
		}
		if len(b.seen) > keys {
			return false
		}
	}
	a := b.seen[key]
	if a == nil || now.Sub(a.since) > period {
		b.seen[key] = &attempts{1, now}
		return true
	}
	a.count++
	return a.count <= most
}

// Spent reports, without counting, whether a key has used up its attempts. For
// callers who count failures only, with Allow.
func (b *Brake) Spent(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.seen[key]
	return a != nil && a.count >= most && b.now().Sub(a.since) <= period
}

// Clear forgets a key: the attempt was right.
func (b *Brake) Clear(key string) {
	b.mu.Lock()
	delete(b.seen, key)
	b.mu.Unlock()
}
