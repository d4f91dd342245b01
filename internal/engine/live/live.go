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

	"einklang/internal/rule/id"
)

// most is how many changed conversations a slow browser may have waiting;
// beyond that it is told that everything may have changed.
const most = 200

// Change says which conversations have changed; Everything that any may have.
type Change struct {
	Conversations []id.Conversation
	Everything    bool
	Typing        []id.Conversation // conversations in which a colleague goes on with a draft
	// Rights: whoever watches may have lost hers, and has to look. So does
	// Everything, since signals may have been lost.
	Rights bool
}

// Hub fans signals out. The zero value is not usable; call NewHub.
type Hub struct {
	mu    sync.Mutex
	orgs  map[id.Org]map[*subscriber]struct{}
	relay func(signal)
}

// signal is one piece of news: a conversation has changed, a colleague goes on with
// a draft in it, or the rights of staff have changed.
type signal struct {
	org          id.Org
	conversation id.Conversation // zero, if the news is of rights
	kind         kind
}

// kind is what a signal says.
type kind byte

const (
	changed kind = iota
	typing
	rights
)

// NewHub makes a Hub. Relay, if not nil, passes signals on to other nodes.
func NewHub() *Hub { return &Hub{orgs: map[id.Org]map[*subscriber]struct{}{}} }

type subscriber struct {
	mu      sync.Mutex
	waiting map[id.Conversation]struct{}
	typing  map[id.Conversation]struct{}
	all     bool
	rights  bool
	poke    chan struct{}
}

// relayTo has signals passed on to other nodes too.
func (h *Hub) relayTo(relay func(signal)) { h.relay = relay }

// Publish tells all nodes that a conversation changed. It never waits.
func (h *Hub) Publish(org id.Org, conversation id.Conversation) {
	h.tell(signal{org, conversation, changed})
}

// Typing tells all nodes that somebody goes on with a draft in a conversation.
// It is a signal of its own, because nothing but the conversation's own page
// has to be read anew for it.
func (h *Hub) Typing(org id.Org, conversation id.Conversation) {
	h.tell(signal{org, conversation, typing})
}

// Rights tells all nodes that somebody's rights in an organisation have changed. All
// its watchers look, each at her own: it happens rarely, and so no signal says whose.
func (h *Hub) Rights(org id.Org) { h.tell(signal{org: org, kind: rights}) }

func (h *Hub) tell(s signal) {
	h.here(s)
	if h.relay != nil {
		h.relay(s)
	}
}

// here tells the browsers of this node; the zero conversation means that any
// may have changed.
func (h *Hub) here(news signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.orgs[news.org] {
		s.add(news.conversation, news.kind)
	}
}

// Everything tells all browsers of this node that any conversation may have
// changed: signals may have been lost.
func (h *Hub) Everything() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, subscribers := range h.orgs {
		for s := range subscribers {
			s.add(id.Conversation{}, changed)
		}
	}
}

func (s *subscriber) add(conversation id.Conversation, what kind) {
	s.mu.Lock()
	switch {
	case what == rights:
		s.rights = true
	case what == typing && len(s.typing) < most:
		s.typing[conversation] = struct{}{}
	case what == typing:
		// So many drafts at once: the warning comes with the next keystroke.
	case conversation.IsZero() || len(s.waiting) >= most:
		s.all = true
		clear(s.waiting)
	case !s.all:
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
	c := Change{Everything: s.all, Rights: s.rights}
	for conversation := range s.waiting {
		c.Conversations = append(c.Conversations, conversation)
	}
	for conversation := range s.typing {
		c.Typing = append(c.Typing, conversation)
	}
	clear(s.waiting)
	clear(s.typing)
	s.all, s.rights = false, false
	return c, c.Everything || c.Rights || len(c.Conversations)+len(c.Typing) > 0
}

// Watcher is who watches an organisation from the moment on at which she joined.
type Watcher struct {
	*subscriber
	hub *Hub
	org id.Org
}

// Join begins to gather changes. Leave ends it.
func (h *Hub) Join(org id.Org) *Watcher {
	s := &subscriber{waiting: map[id.Conversation]struct{}{}, typing: map[id.Conversation]struct{}{}, poke: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.orgs[org] == nil {
		h.orgs[org] = map[*subscriber]struct{}{}
	}
	h.orgs[org][s] = struct{}{}
	return &Watcher{s, h, org}
}

// Leave ends what Join began.
func (w *Watcher) Leave() {
	h := w.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.orgs[w.org], w.subscriber)
	if len(h.orgs[w.org]) == 0 {
		delete(h.orgs, w.org)
	}
}

// Watch calls tell with each change until ctx ends or tell returns an error.
// What changes while tell runs is merged.
func (h *Hub) Watch(ctx context.Context, org id.Org, tell func(Change) error) error {
	w := h.Join(org)
	defer w.Leave()
	return w.Watch(ctx, tell)
}

// Watch is [Hub.Watch] with what has changed since the watcher joined.
func (w *Watcher) Watch(ctx context.Context, tell func(Change) error) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.poke:
			if c, news := w.take(); news {
				if err := tell(c); err != nil {
					return err
				}
			}
		}
	}
}
