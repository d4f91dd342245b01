package audit

import (
	"context"
	"hash/maphash"
	"strings"
	"sync"

	"einklang/internal/rule/id"
)

// sight is somebody looking at something.
type sight struct {
	by     Actor
	act    string
	object id.ID
	hits   int
	words  uint64 // the hash of what was searched for
	state  int64
}

// window is what was seen in the running hour, or day, on this node.
type window struct {
	mu   sync.Mutex
	at   int64
	seen map[sight]bool
	seed maphash.Seed // of this process: nobody else can try which words were searched for
}

// hash tells words apart that were searched for, whatever their case and spaces.
func (w *window) hash(words string) uint64 {
	return maphash.String(w.seed, strings.ToLower(strings.Join(strings.Fields(words), " ")))
}

// fresh reports whether something has not been seen since the window opened,
// and notes that it now is.
func (w *window) fresh(at int64, s sight) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at != w.at || w.seen == nil {
		w.at, w.seen = at, map[sight]bool{}
	}
	fresh := !w.seen[s]
	w.seen[s] = true
	return fresh
}

// unsee lets the next one be fresh: what was noted did not happen.
func (w *window) unsee(s sight) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.seen, s)
}

// views are the entries on their way that nobody waits for.
type views struct {
	mu   sync.Mutex
	n    int
	none *sync.Cond
}

func newViews() *views {
	v := &views{}
	v.none = sync.NewCond(&v.mu)
	return v
}

// later has something done that nobody waits for. Views come together in the
// group commit; how many there are is bounded by what is seen for the first
// time in an hour.
//
//nolint:contextcheck // it outlives the request
func (l *Log) later(do func(context.Context)) {
	v := l.views
	v.mu.Lock()
	v.n++
	v.mu.Unlock()
	go func() {
		defer func() {
			v.mu.Lock()
			defer v.mu.Unlock()
			if v.n--; v.n == 0 {
				v.none.Broadcast()
			}
		}()
		do(context.Background())
	}()
}

// Settle returns when what was seen until now is written down, or could not be.
// Call it before the database is closed.
func (l *Log) Settle() {
	l.views.mu.Lock()
	defer l.views.mu.Unlock()
	for l.views.n > 0 {
		l.views.none.Wait()
	}
}
