package throttle

import (
	"sync"
	"time"

	"einklang/internal/rule/backoff"
)

// Pause lets each failure of a key double how long it has to wait before the next
// attempt. Failures only count; what was right clears the key. It is safe for
// concurrent use.
type Pause struct {
	now func() time.Time

	mu   sync.Mutex
	seen memory[failures]
}

// failures of a key, and when the last one was.
type failures struct {
	count int
	last  time.Time
}

const (
	free    = 5                // failures after which nobody waits: people mistype
	longest = 15 * time.Minute // no pause is longer: the holder waits, too
	fades   = 24 * time.Hour   // after the last failure all are forgotten
)

var grows = backoff.Pause{First: 2 * time.Second, Most: longest}

// NewPause makes a Pause over a clock.
func NewPause(now func() time.Time) *Pause { return &Pause{now: now, seen: newMemory[failures]()} }

// Wait is how long a key has to wait; 0: it may try.
func (p *Pause) Wait(key string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.find(key)
	if f == nil {
		return 0
	}
	return max(0, f.last.Add(pauseAfter(f.count)).Sub(p.now()))
}

// Fail counts a failure, and returns how many there are.
func (p *Pause) Fail(key string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.find(key)
	if f == nil {
		f = p.seen.add(key, failures{})
	}
	f.count++
	f.last = p.now()
	return f.count
}

// Clear removes a key: who guessed has shown that she knows.
func (p *Pause) Clear(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen.clear(key)
}

func (p *Pause) find(key string) *failures {
	f := p.seen.of(key)
	if f != nil && p.now().Sub(f.last) > fades {
		p.seen.clear(key)
		return nil
	}
	return f
}

// pauseAfter is how long to wait after so many failures.
func pauseAfter(failed int) time.Duration {
	if failed <= free {
		return 0
	}
	return grows.Whole(int64(failed - free))
}
