package threshold

import (
	"sync"

	"einklang/internal/rule/pii"
)

// Room is how much may be in the reading at once, from everybody and from one
// source.
type Room struct {
	Bodies, BodiesEach int   // that have not arrived wholly
	Bytes, BytesEach   int64 // held in memory until their requests are over
}

// DefaultRoom is enough for a company, and for WhatsApp's bursts of webhooks
// of a few kilobytes each. What somebody begins to send, and never ends, takes less
// than 64 MB of the process, with what the collector has not collected yet.
var DefaultRoom = Room{Bodies: 1024, BodiesEach: 128, Bytes: 24 << 20, BytesEach: 16 << 20}

// always is how many bodies of a source are let in although others have filled
// the room: what has not arrived takes next to nothing, and nobody shall keep
// WhatsApp's webhooks out.
const always = 8

// hall counts what is being read.
type hall struct {
	pii.Personal
	room Room

	mu   sync.Mutex
	all  share
	each map[string]*share
}

type share struct {
	bodies int
	bytes  int64
}

func newHall(r Room) *hall {
	d := DefaultRoom
	if r.Bodies == 0 {
		r.Bodies = d.Bodies
	}
	if r.BodiesEach == 0 {
		r.BodiesEach = d.BodiesEach
	}
	if r.Bytes == 0 {
		r.Bytes = d.Bytes
	}
	if r.BytesEach == 0 {
		r.BytesEach = d.BytesEach
	}
	return &hall{room: r, each: map[string]*share{}}
}

// enter lets a body in, unless there is no room for it.
func (h *hall) enter(from string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.of(from)
	full := h.all.bodies >= h.room.Bodies || h.all.bytes >= h.room.Bytes
	if full && own.bodies >= always || own.bodies >= h.room.BodiesEach || own.bytes >= h.room.BytesEach || h.all.bytes >= 2*h.room.Bytes {
		h.leave(from, own)
		return false
	}
	h.all.bodies++
	own.bodies++
	return true
}

// exit notes that a body has arrived, or will not.
func (h *hall) exit(from string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.of(from)
	h.all.bodies--
	own.bodies--
	h.leave(from, own)
}

// hold counts bytes, unless there is no room for them.
func (h *hall) hold(from string, n int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.of(from)
	full := h.all.bytes+n > h.room.Bytes && own.bytes+n > h.room.Bytes/64
	if full || own.bytes+n > h.room.BytesEach || h.all.bytes+n > 2*h.room.Bytes {
		h.leave(from, own)
		return false
	}
	h.all.bytes += n
	own.bytes += n
	return true
}

// release gives bytes back.
func (h *hall) release(from string, n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.of(from)
	h.all.bytes -= n
	own.bytes -= n
	h.leave(from, own)
}

func (h *hall) of(from string) *share {
	own := h.each[from]
	if own == nil {
		own = &share{}
		h.each[from] = own
	}
	return own
}

// leave lets go of a source of which nothing is left.
func (h *hall) leave(from string, own *share) {
	if *own == (share{}) {
		delete(h.each, from)
	}
}
