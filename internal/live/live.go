// Package live tells the browsers of an organisation which conversations have
// changed.
//
// A signal carries no content: whoever gets it reads the conversation anew. So
// signals can be merged, and one that comes twice does no harm. A browser that
// was away reads everything it shows once and has missed nothing.
package live

import (
	"context"
	"sync"

	"einklang/internal/id"
)

// most is how many changed conversations a slow browser may have waiting;
// beyond that it is told that everything may have changed.
const most = 200

// Change says which conversations have changed; Everything that any may have.
type Change struct {
	Conversations []id.ID
	Everything    bool
}

// Hub fans signals out. The zero value is not usable; call NewHub.
type Hub struct {
	mu    sync.Mutex
	orgs  map[id.ID]map[*subscriber]struct{}
	relay func(org, conversation id.ID)
}

// NewHub makes a Hub. Relay, if not nil, passes signals on to other nodes.
func NewHub() *Hub { return &Hub{orgs: map[id.ID]map[*subscriber]struct{}{}} }

type subscriber struct {
	mu      sync.Mutex
	waiting map[id.ID]struct{}
	all     bool
	poke    chan struct{}
}

// RelayTo has signals passed on to other nodes too.
func (h *Hub) RelayTo(relay func(org, conversation id.ID)) { h.relay = relay }

// Publish tells all nodes that a conversation changed. It never waits.
func (h *Hub) Publish(org, conversation id.ID) {
	h.Here(org, conversation)
	if h.relay != nil {
		h.relay(org, conversation)
	}
}

// Here tells the browsers of this node; the zero conversation means that any
// may have changed.
func (h *Hub) Here(org, conversation id.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.orgs[org] {
		s.add(conversation)
	}
}

// Everything tells all browsers of this node that any conversation may have
// changed: signals may have been lost.
func (h *Hub) Everything() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, subscribers := range h.orgs {
		for s := range subscribers {
			s.add(id.ID{})
		}
	}
}

func (s *subscriber) add(conversation id.ID) {
	s.mu.Lock()
	if conversation.IsZero() || len(s.waiting) >= most {
		s.all = true
		clear(s.waiting)
	}
	if !s.all {
		s.waiting[conversation] = struct{}{}
	}
	s.mu.Unlock()
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

func (s *subscriber) take() (Change, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := Change{Everything: s.all}
	for conversation := range s.waiting {
		c.Conversations = append(c.Conversations, conversation)
	}
	clear(s.waiting)
	s.all = false
	return c, c.Everything || len(c.Conversations) > 0
}

// Watch calls tell with each change until ctx ends or tell returns an error.
// What changes while tell runs is merged.
func (h *Hub) Watch(ctx context.Context, org id.ID, tell func(Change) error) error {
	s := &subscriber{waiting: map[id.ID]struct{}{}, poke: make(chan struct{}, 1)}
	h.mu.Lock()
	if h.orgs[org] == nil {
		h.orgs[org] = map[*subscriber]struct{}{}
	}
	h.orgs[org][s] = struct{}{}
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.orgs[org], s)
		if len(h.orgs[org]) == 0 {
			delete(h.orgs, org)
		}
		h.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.poke:
			if c, news := s.take(); news {
				if err := tell(c); err != nil {
					return err
				}
			}
		}
	}
}
