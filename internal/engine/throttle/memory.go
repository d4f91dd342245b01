package throttle

import (
	"container/list"
	"hash/maphash"
)

// memory keeps something for each of the keys that were seen last; the one that
// was added first is forgotten when too many come. It is not safe for concurrent
// use.
type memory[T any] struct {
	seed  maphash.Seed
	seen  map[uint64]*list.Element // of *kept[T]
	order *list.List               // the oldest first
}

type kept[T any] struct {
	key  uint64
	what T
}

const keys = 10_000

func newMemory[T any]() memory[T] {
	return memory[T]{seed: maphash.MakeSeed(), seen: map[uint64]*list.Element{}, order: list.New()}
}

// of is what is kept for a key, or nil.
func (m *memory[T]) of(key string) *T {
	e := m.seen[maphash.String(m.seed, key)]
	if e == nil {
		return nil
	}
	return &e.Value.(*kept[T]).what
}

// add keeps something for a key that nothing is kept for.
func (m *memory[T]) add(key string, what T) *T {
	if len(m.seen) >= keys {
		m.evict(m.order.Front())
	}
	k := &kept[T]{maphash.String(m.seed, key), what}
	m.seen[k.key] = m.order.PushBack(k)
	return &k.what
}

func (m *memory[T]) clear(key string) {
	if e := m.seen[maphash.String(m.seed, key)]; e != nil {
		m.evict(e)
	}
}

func (m *memory[T]) evict(e *list.Element) { delete(m.seen, m.order.Remove(e).(*kept[T]).key) }
