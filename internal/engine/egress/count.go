package egress

import (
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// Count is the use of one destination. Bytes are bytes on the wire, with TLS
// and headers. A call is counted when it starts; its bytes are counted as they
// flow, so a long download may show in two drains.
type Count struct {
	Destination Destination
	Calls       int64
	Failed      int64 // of Calls: no answer came
	Refused     int64 // not in Calls: did not go out
	BytesOut    int64
	BytesIn     int64
	Last        time.Time // start of the last call; zero if there was none
}

type counter struct {
	mu sync.Mutex
	n  Count
}

func (c *counter) call(at time.Time) {
	c.mu.Lock()
	c.n.Calls++
	c.n.Last = at
	c.mu.Unlock()
}

func (c *counter) fail()       { c.add(func(n *Count) { n.Failed++ }) }
func (c *counter) refuse()     { c.add(func(n *Count) { n.Refused++ }) }
func (c *counter) out(b int)   { c.add(func(n *Count) { n.BytesOut += int64(b) }) }
func (c *counter) input(b int) { c.add(func(n *Count) { n.BytesIn += int64(b) }) }

func (c *counter) add(change func(*Count)) {
	c.mu.Lock()
	change(&c.n)
	c.mu.Unlock()
}

func (c *counter) read(reset bool) Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.n
	if reset {
		c.n = Count{}
	}
	return n
}

// Snapshot returns the counts since the last Drain, by name.
func (g *Border) Snapshot() []Count { return g.counts(false) }

// Drain returns the counts and starts again at zero: each use is handed out
// exactly once. A caller that fails to persist them gives them back with
// Restore.
func (g *Border) Drain() []Count { return g.counts(true) }

// Restore adds counts back that Drain handed out and that could not be
// persisted.
func (g *Border) Restore(counts []Count) {
	for _, n := range counts {
		w := g.ways[n.Destination.Name]
		if w == nil {
			continue
		}
		w.counter.add(func(c *Count) {
			c.Calls += n.Calls
			c.Failed += n.Failed
			c.Refused += n.Refused
			c.BytesOut += n.BytesOut
			c.BytesIn += n.BytesIn
			if n.Last.After(c.Last) {
				c.Last = n.Last
			}
		})
	}
}

func (g *Border) counts(reset bool) []Count {
	all := make([]Count, 0, len(g.ways))
	for _, w := range g.sorted() {
		n := w.counter.read(reset)
		n.Destination = w.destination
		all = append(all, n)
	}
	return all
}

func (g *Border) sorted() []*way {
	all := make([]*way, 0, len(g.ways))
	for _, w := range g.ways {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *way) int { return strings.Compare(a.destination.Name, b.destination.Name) })
	return all
}

// countedConn counts what really goes over the wire.
type countedConn struct {
	net.Conn
	counter *counter
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.counter.input(n)
	return n, err
}

func (c *countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.counter.out(n)
	return n, err
}
