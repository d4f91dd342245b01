// Package throttle slows down guessing: a few attempts in a minute for one key,
// such as a shortened internet address. It forgets by itself and its memory is
// bounded: when too many keys come, it forgets the oldest and refuses nobody
// for that. Of a key, which may be an address, it keeps a hash under a seed of its
// own.
package throttle

import (
	"container/list"
	"hash/maphash"
	"sync"
	"time"
)

// Brake counts attempts. It is safe for concurrent use.
type Brake struct {
	now  func() time.Time
	most int
	seed maphash.Seed

	mu    sync.Mutex
	seen  map[uint64]*list.Element // of *attempts
	order *list.List               // the oldest first
}

type attempts struct {
	key   uint64
	count int
	since time.Time
}

const (
	most   = 10 // attempts in a period, unless somebody needs more
	period = time.Minute
	keys   = 10_000
)

// New makes a Brake over a clock that lets ten attempts a minute through.
func New(now func() time.Time) *Brake { return Of(now, most) }

// Of makes a Brake that lets so many attempts a minute through.
func Of(now func() time.Time, most int) *Brake {
	return &Brake{now: now, most: most, seed: maphash.MakeSeed(), seen: map[uint64]*list.Element{}, order: list.New()}
}

// Allow counts an attempt and reports whether it may go on. An attempt that
// turns out right is given back with Forgive, so that only wrong ones, and
// those under way, count.
func (b *Brake) Allow(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.find(key)
	if a == nil {
		a = b.add(key)
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

// Clear forgets a key: who guessed has shown that she knows.
func (b *Brake) Clear(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.seen[b.hash(key)]; e != nil {
		b.evict(e)
	}
}

// find is what was counted for a key in the period that runs, or nil.
func (b *Brake) find(key string) *attempts {
	e := b.seen[b.hash(key)]
	if e == nil {
		return nil
	}
	a := e.Value.(*attempts)
	if b.now().Sub(a.since) > period {
		b.evict(e)
		return nil
	}
	return a
}

func (b *Brake) hash(key string) uint64 { return maphash.String(b.seed, key) }

func (b *Brake) add(key string) *attempts {
	if len(b.seen) >= keys {
		b.evict(b.order.Front())
	}
	a := &attempts{key: b.hash(key), since: b.now()}
	b.seen[a.key] = b.order.PushBack(a)
	return a
}

func (b *Brake) evict(e *list.Element) {
	delete(b.seen, b.order.Remove(e).(*attempts).key)
}
