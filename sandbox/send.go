package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// window: free-form messages only within 24 hours of the user's last message.
const window = 24 * time.Hour

// outgoing is the body of a send call.
type outgoing struct {
	MessagingProduct string `json:"messaging_product"`
	RecipientType    string `json:"recipient_type"`
	To               string `json:"to"`
	Recipient        string `json:"recipient"`
	Type             string `json:"type"`
	Status           string `json:"status"`
	MessageID        string `json:"message_id"`
	Opaque           string `json:"biz_opaque_callback_data"`
	Context          *struct {
		MessageID string `json:"message_id"`
	} `json:"context"`
	Typing  *json.RawMessage `json:"typing_indicator"`
	content json.RawMessage
}

func (s *Sandbox) messages(w http.ResponseWriter, r *http.Request, n *Number, marketing bool) *graphError {
	var raw map[string]json.RawMessage
	if err := readJSON(r, &raw); err != nil {
		return err
	}
	whole, _ := json.Marshal(raw)
	var o outgoing
	if json.Unmarshal(whole, &o) != nil {
		return fail(100, "Invalid parameter", "A member has the wrong type.")
	}
	if o.MessagingProduct != "whatsapp" {
		return fail(100, "The parameter messaging_product is required.", "messaging_product must be whatsapp")
	}
	if o.Status == "read" {
		return s.markRead(w, n, o)
	}
	if o.Type == "" {
		o.Type = "text"
	}
	o.content = raw[o.Type]
	return s.send(r.Context(), w, n, o, marketing)
}

func (s *Sandbox) send(ctx context.Context, w http.ResponseWriter, n *Number, o outgoing, marketing bool) *graphError {
	to := o.To
	if to == "" {
		to = o.Recipient
	}
	if s.strike("lost_request", n.ID, to) != nil {
		cut(w)
		return nil
	}
	if f := s.strike("error", n.ID, to); f != nil {
		return fail(f.Code, titles[f.Code], "Switched on in the sandbox.")
	}
	if marketing && o.Type != "template" {
		return fail(100, "Invalid parameter", "Only templates go over this endpoint.")
	}
	if err := o.check(); err != nil {
		return err
	}
	m, p, err := s.accept(n, o)
	if err != nil {
		return err
	}
	if f := s.strike("slow", n.ID, to); f != nil {
		select {
		case <-ctx.Done(): // nobody waits any more
		case <-time.After(time.Duration(f.DelayMS) * time.Millisecond):
		}
	}
	if s.strike("lost_answer", n.ID, to) != nil {
		cut(w)
		return nil
	}
	contact := map[string]any{"input": to, "user_id": p.UserID}
	if p.Phone != "" {
		contact["wa_id"] = p.Phone
	}
	writeJSON(w, http.StatusOK, map[string]any{"messaging_product": "whatsapp", "contacts": []any{contact},
		"messages": []any{map[string]any{"id": m.ID, "message_status": "accepted"}}})
	return nil
}

// cut breaks the connection without an answer.
func cut(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// accept checks the recipient and the limits, shows the message on the phone
// and starts its statuses.
func (s *Sandbox) accept(n *Number, o outgoing) (*Message, *Phone, *graphError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.recipient(n, o)
	if err != nil {
		return nil, nil, err
	}
	if err := s.limits(n, p, o); err != nil {
		return nil, nil, err
	}
	m := &Message{ID: s.wamid(), Number: n.ID, Customer: p.ID, Business: true, Type: o.Type, Content: o.content, Opaque: o.Opaque,
		At: s.cfg.Now(), Status: "accepted"}
	if err := s.allowed(n, p, o, m); err != nil {
		return nil, nil, err
	}
	if o.Context != nil {
		m.Context = o.Context.MessageID
	}
	if !p.chat(n.ID).blocked {
		s.show(p, n, m)
	}
	n.meet(p)
	n.accepted++
	s.total++
	m.Seq = s.total
	if s.accepted = append(s.accepted, m); len(s.accepted) > keepAccepted {
		s.accepted = s.accepted[len(s.accepted)-keepAccepted/2:]
	}
	s.progress(n, p, m)
	s.changed()
	return m, p, nil
}

func (s *Sandbox) show(p *Phone, n *Number, m *Message) {
	c := p.chat(n.ID)
	c.typing = time.Time{}
	if m.Type != "reaction" {
		c.add(m)
		return
	}
	var on struct {
		MessageID string `json:"message_id"`
		Emoji     string `json:"emoji"`
	}
	if json.Unmarshal(m.Content, &on) == nil {
		if target := c.find(on.MessageID); target != nil {
			target.Theirs = on.Emoji
		}
	}
}

func (s *Sandbox) recipient(n *Number, o outgoing) (*Phone, *graphError) {
	if o.To == "" && o.Recipient == "" {
		return nil, fail(100, "The parameter to is required.", "to or recipient is missing")
	}
	if o.To != "" {
		to := digits(o.To)
		if len(to) < 7 || len(to) > 15 {
			return nil, fail(131009, titles[131009], "to is not a phone number")
		}
		if to == digits(n.Display) {
			return nil, fail(131021, titles[131021], "")
		}
		for _, p := range s.customers {
			if p.Phone != "" && waID(p.Phone) == waID(to) {
				return p, nil
			}
		}
		if s.cfg.Strangers {
			return s.addCustomer(Customer{Name: "+" + to, Phone: waID(to)}), nil
		}
		return nil, fail(131026, titles[131026], "The number is not on WhatsApp.")
	}
	for _, p := range s.customers {
		if p.UserID == o.Recipient {
			return p, nil
		}
	}
	return nil, fail(131026, titles[131026], "No such user.")
}

// limits: throughput of the number, and pace to one user (a burst of 45, then
// one every 6 seconds).
func (s *Sandbox) limits(n *Number, p *Phone, _ outgoing) *graphError {
	now := s.cfg.Now()
	if per := float64(s.cfg.PerSecond); per > 0 && !n.bucket.take(now, per, max(per, 1)) {
		return fail(130429, titles[130429], "Cloud API message throughput has been reached.")
	}
	if s.cfg.NoPairLimit {
		return nil
	}
	b := n.pairs[p.ID]
	if b == nil {
		b = &bucket{}
		n.pairs[p.ID] = b
	}
	if !b.take(now, 1.0/6, 45) {
		return fail(131056, titles[131056], "Too many messages to this recipient in a short time.")
	}
	return nil
}

// allowed: registration, files, window and templates. It notes on the message
// what a template shows, and its category.
func (s *Sandbox) allowed(n *Number, p *Phone, o outgoing, m *Message) *graphError {
	n.mu.Lock()
	registered := n.registered
	n.mu.Unlock()
	if !registered {
		return fail(133010, "Phone number not registered", "")
	}
	if err := s.hasFile(o); err != nil {
		return err
	}
	if o.Type != "template" {
		if s.cfg.Now().Sub(p.chat(n.ID).lastIn) >= window {
			return fail(131047, titles[131047], "More than 24 hours have passed since the customer last replied to this number.")
		}
		return nil
	}
	t, shown, err := s.useTemplate(n, o)
	if err != nil {
		return err
	}
	if err := s.shownFiles(shown); err != nil {
		return err
	}
	m.Category, m.Shown = strings.ToLower(t.Category), shown
	if m.Category == "marketing" && p.noMarkets[n.ID] {
		return fail(131050, titles[131050], "")
	}
	if m.Category == "authentication" && o.To == "" {
		return fail(131062, titles[131062], "")
	}
	return nil
}

// hasFile checks that a message with a file names one that is here and is of
// the message's kind (Cloud API: media).
func (s *Sandbox) hasFile(o outgoing) *graphError {
	switch o.Type {
	case "image", "video", "audio", "document", "sticker":
	default:
		return nil
	}
	return s.file(o.Type, o.content)
}

// shownFiles checks the files in the headers of a template and of its cards.
func (s *Sandbox) shownFiles(shown *Shown) *graphError {
	switch shown.Kind {
	case "image", "video", "gif", "document":
		if err := s.file(shown.Kind, shown.Media); err != nil {
			return err
		}
	}
	for _, card := range shown.Cards {
		if err := s.shownFiles(card); err != nil {
			return err
		}
	}
	return nil
}

// file checks a file that a message names.
func (s *Sandbox) file(kind string, content json.RawMessage) *graphError {
	var c struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(content, &c) != nil || c.ID == "" {
		return nil // by link
	}
	f := s.media[c.ID]
	if f == nil {
		return fail(100, "Param "+kind+"['id'] is not a valid whatsapp business account media attachment ID", "Media id "+c.ID+" does not exist.")
	}
	if !f.fits(kind) {
		return fail(131053, titles[131053], "A file of the type "+f.mimeType+" cannot be sent as "+kind+".")
	}
	return nil
}

// progress tells the statuses of a message, each after its time; s.mu is held.
// A message to somebody who blocked the business is never delivered.
func (s *Sandbox) progress(n *Number, p *Phone, m *Message) {
	steps := []step{{s.cfg.SentAfter, "sent", nil}}
	switch {
	case s.fault(n, p, "fail", func(f *Fault) {
		steps = append(steps, step{s.cfg.DeliveredAfter, "failed", failure(f.Code)})
	}):
	case p.chat(n.ID).blocked:
	default:
		steps = append(steps, step{s.cfg.DeliveredAfter, "delivered", nil})
		if s.cfg.AutoRead > 0 {
			steps = append(steps, step{s.cfg.AutoRead, "read", nil})
		}
	}
	if s.fault(n, p, "status_order", nil) {
		slices.Reverse(steps)
	}
	s.hooks.expect(1) // statuses are to come: the sandbox is not idle
	go s.walk(n, p, m, steps)
}

// step is a status and how long after the one before it is told.
type step struct {
	after   time.Duration
	status  string
	failure map[string]any
}

// walk tells one status and arranges for the next.
func (s *Sandbox) walk(n *Number, p *Phone, m *Message, steps []step) {
	if len(steps) == 0 {
		s.hooks.expect(-1)
		return
	}
	s.after(steps[0].after, func() {
		s.mu.Lock()
		s.status(n, p, m, steps[0].status, steps[0].failure)
		s.changed()
		s.mu.Unlock()
		s.walk(n, p, m, steps[1:])
	})
}

// failure is the error in a status.
func failure(code int) map[string]any {
	return map[string]any{"code": code, "title": titles[code], "message": titles[code], "error_data": map[string]any{"details": "Switched on in the sandbox."}}
}

// fault reports whether a fault strikes a message to a customer, by whichever
// name the fault knows the customer; s.mu is held.
func (s *Sandbox) fault(n *Number, p *Phone, kind string, then func(*Fault)) bool {
	f := s.hit(kind, n.ID, p.ID, p.UserID, p.Phone)
	if f != nil && then != nil {
		then(f)
	}
	return f != nil
}

func (s *Sandbox) markRead(w http.ResponseWriter, n *Number, o outgoing) *graphError {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.customers {
		c := p.chat(n.ID)
		target := c.find(o.MessageID)
		if target == nil || target.Business {
			continue
		}
		for _, m := range c.messages {
			if !m.Business && !m.At.After(target.At) {
				m.Status = "read"
			}
		}
		if o.Typing != nil {
			c.typing = s.cfg.Now().Add(25 * time.Second)
		}
		s.changed()
		success(w)
		return nil
	}
	return fail(131009, titles[131009], "message_id is unknown")
}
