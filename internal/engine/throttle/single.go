package throttle

import (
	"context"
	"sync"
)

// Single lets one of each key through at a time, and the others of it wait: what
// is costly and shared is then never used up by one key alone. Its memory is that
// of those who are there. The zero value is ready, and it is safe for concurrent
// use.
type Single struct {
	mu    sync.Mutex
	there map[string]*queue
}

type queue struct {
	through chan struct{} // holds the one who is through
	count   int           // with those who wait
}

// Enter waits until a key is free, and returns how to leave it again. It fails
// only with the error of a context that ends.
func (s *Single) Enter(ctx context.Context, key string) (leave func(), err error) {
	q := s.join(key)
	select {
	case q.through <- struct{}{}:
		return func() { <-q.through; s.part(key, q) }, nil
	case <-ctx.Done():
		s.part(key, q)
		return nil, ctx.Err()
	}
}

func (s *Single) join(key string) *queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.there == nil {
		s.there = map[string]*queue{}
	}
	q := s.there[key]
	if q == nil {
		q = &queue{through: make(chan struct{}, 1)}
		s.there[key] = q
	}
	q.count++
	return q
}

func (s *Single) part(key string, q *queue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.count--; q.count == 0 {
		delete(s.there, key)
	}
}
