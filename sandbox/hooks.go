package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// event is one thing that a webhook tells. Events of one number that wait at
// the same time travel in one body, as Meta does.
type event struct {
	number  string
	field   string
	contact map[string]any
	message map[string]any
	status  map[string]any
	value   map[string]any // the whole value, for fields other than messages
}

// delivery is a body on its way.
type delivery struct {
	body  []byte
	tries int
	born  time.Time
}

// Hook is a webhook as the log shows it.
type Hook struct {
	At     time.Time `json:"at"`
	Status int       `json:"status"` // of the answer; 0: none
	Tries  int       `json:"tries"`
	Took   int64     `json:"took_ms"`
	Body   string    `json:"body"`
}

const (
	hookWorkers  = 16
	hookTogether = 25
	hookLog      = 50
)

// hooks delivers webhooks: signed, at least once, again and again until they
// are taken.
type hooks struct {
	s      *Sandbox
	ctx    context.Context
	cancel context.CancelFunc
	poke   chan struct{}
	retry  chan delivery
	done   sync.WaitGroup

	mu      sync.Mutex
	waiting []event
	log     []Hook
	pending int64
	sent    int64
	resume  chan struct{}
}

func newHooks(s *Sandbox) *hooks {
	ctx, cancel := context.WithCancel(context.Background())
	h := &hooks{s: s, ctx: ctx, cancel: cancel, poke: make(chan struct{}, 1), retry: make(chan delivery, 1024), resume: make(chan struct{}, hookWorkers)}
	for range hookWorkers {
		h.done.Go(h.work)
	}
	return h
}

func (h *hooks) close() {
	h.cancel()
	h.done.Wait()
}

func (h *hooks) wake() {
	for range hookWorkers {
		select {
		case h.resume <- struct{}{}:
		default:
		}
	}
}

// event queues an event, with the faults that are switched on.
func (h *hooks) event(_ *Number, e event) {
	copies := 1
	if h.s.hit("duplicate_webhook", e.number) != nil {
		copies = 2
	}
	for range copies {
		h.expect(1)
		if f := h.s.hit("delay_webhook", e.number); f != nil {
			time.AfterFunc(time.Duration(f.DelayMS)*time.Millisecond, func() { h.put(e) })
			continue
		}
		if h.s.hit("reorder_webhook", e.number) != nil {
			time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, func() { h.put(e) }) //nolint:gosec // no secret
			continue
		}
		h.put(e)
	}
}

func (h *hooks) work() {
	for {
		select {
		case <-h.ctx.Done():
			return
		case d := <-h.retry:
			h.deliver(d)
			h.expect(-1)
		case <-h.poke:
			events := h.together()
			for _, body := range h.bodies(events) {
				h.deliver(delivery{body: body, born: h.s.cfg.Now()})
			}
			h.expect(-len(events))
		}
	}
}

// expect counts what is still to be told.
func (h *hooks) expect(n int) {
	h.mu.Lock()
	h.pending += int64(n)
	h.mu.Unlock()
}

// put queues an event without ever waiting.
func (h *hooks) put(e event) {
	h.mu.Lock()
	h.waiting = append(h.waiting, e)
	h.mu.Unlock()
	h.nudge()
}

func (h *hooks) nudge() {
	select {
	case h.poke <- struct{}{}:
	default:
	}
}

// together takes the events that wait, as many as one body holds.
func (h *hooks) together() []event {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := min(hookTogether, len(h.waiting))
	events := append([]event(nil), h.waiting[:n]...)
	h.waiting = h.waiting[n:]
	if len(h.waiting) == 0 {
		h.waiting = nil
	} else {
		h.nudge()
	}
	return events
}

// bodies groups events by account: one entry for each, one change for each
// number and field.
func (h *hooks) bodies(events []event) [][]byte {
	type group struct {
		number   string
		field    string
		contacts []any
		messages []any
		statuses []any
		values   []any
	}
	var groups []*group
	at := map[string]*group{}
	for _, e := range events {
		key := e.number + e.field
		if e.value != nil {
			key += strconv.Itoa(len(groups))
		}
		g := at[key]
		if g == nil {
			g = &group{number: e.number, field: e.field}
			at[key] = g
			groups = append(groups, g)
		}
		switch {
		case e.value != nil:
			g.values = append(g.values, e.value)
		case e.message != nil:
			g.messages = append(g.messages, e.message)
			if e.contact != nil {
				g.contacts = append(g.contacts, e.contact)
			}
		case e.status != nil:
			g.statuses = append(g.statuses, e.status)
		}
	}
	var bodies [][]byte
	for _, g := range groups {
		h.s.mu.Lock()
		n := h.s.numbers[g.number]
		h.s.mu.Unlock()
		if n == nil {
			continue
		}
		values := g.values
		if len(g.messages)+len(g.statuses) > 0 {
			v := map[string]any{"messaging_product": "whatsapp", "metadata": n.metadata()}
			if len(g.contacts) > 0 {
				v["contacts"] = g.contacts
			}
			if len(g.messages) > 0 {
				v["messages"] = g.messages
			}
			if len(g.statuses) > 0 {
				v["statuses"] = g.statuses
			}
			values = append(values, v)
		}
		for _, v := range values {
			body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{
				map[string]any{"id": n.WABA, "changes": []any{map[string]any{"field": g.field, "value": v}}}}})
			if err == nil {
				bodies = append(bodies, body)
			}
		}
	}
	return bodies
}

// deliver posts a body; what is not taken comes again later.
func (h *hooks) deliver(d delivery) {
	for h.blocked() {
		select {
		case <-h.ctx.Done():
			return
		case <-h.resume:
		case <-time.After(200 * time.Millisecond):
		}
	}
	began := time.Now()
	status := h.post(d.body)
	h.note(d, status, time.Since(began))
	if status == http.StatusOK || h.ctx.Err() != nil {
		return
	}
	if d.tries >= len(h.s.cfg.Retries) {
		return
	}
	wait := h.s.cfg.Retries[d.tries]
	d.tries++
	h.expect(1)
	time.AfterFunc(wait, func() {
		select {
		case h.retry <- d:
		case <-h.ctx.Done():
		}
	})
}

func (h *hooks) blocked() bool {
	h.s.mu.Lock()
	nowhere := h.s.cfg.WebhookURL == ""
	h.s.mu.Unlock()
	return nowhere || h.s.active("pause_webhooks")
}

func (h *hooks) post(body []byte) int {
	h.s.mu.Lock()
	url := h.s.cfg.WebhookURL
	h.s.mu.Unlock()
	r, err := http.NewRequestWithContext(h.ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	mac := hmac.New(sha256.New, []byte(h.s.cfg.AppSecret))
	mac.Write(body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "facebookexternalua")
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := h.s.cfg.Client.Do(r)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (h *hooks) note(d delivery, status int, took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent++
	h.log = append(h.log, Hook{At: h.s.cfg.Now(), Status: status, Tries: d.tries + 1, Took: took.Milliseconds(), Body: string(d.body)})
	if len(h.log) > hookLog {
		h.log = h.log[len(h.log)-hookLog:]
	}
}

// Webhooks are the last webhooks, the newest first.
func (s *Sandbox) Webhooks() []Hook {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	all := make([]Hook, 0, len(s.hooks.log))
	for i := len(s.hooks.log) - 1; i >= 0; i-- {
		all = append(all, s.hooks.log[i])
	}
	return all
}

// status sends news about a message of the business; s.mu is held.
func (s *Sandbox) status(n *Number, p *Phone, m *Message, status string, failure map[string]any) {
	m.Status = status
	st := map[string]any{"id": m.ID, "status": status, "timestamp": stamp(s.cfg.Now()), "recipient_user_id": p.UserID}
	if p.Phone != "" {
		st["recipient_id"] = p.Phone
	}
	if m.Opaque != "" {
		st["biz_opaque_callback_data"] = m.Opaque
	}
	if failure != nil {
		st["errors"] = []any{failure}
	} else {
		st["pricing"] = s.pricing(p, n, m)
	}
	s.hooks.event(n, event{number: n.ID, field: "messages", status: st})
}

// pricing is what Meta says a message costs: templates are paid, except
// utility inside the window.
func (s *Sandbox) pricing(p *Phone, n *Number, m *Message) map[string]any {
	open := s.cfg.Now().Sub(p.chat(n.ID).lastIn) < window
	if m.Type != "template" {
		return map[string]any{"billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}
	}
	if m.Category == "utility" && open {
		return map[string]any{"billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": m.Category}
	}
	return map[string]any{"billable": true, "pricing_model": "PMP", "type": "regular", "category": m.Category}
}

func stamp(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

// Idle reports whether every event has been told and taken.
func (s *Sandbox) Idle() bool {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	return len(s.hooks.waiting) == 0 && s.hooks.pending == 0
}
