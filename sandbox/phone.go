package sandbox

import (
	"encoding/json"
	"errors"
	"maps"
	"time"
)

// Phone is a customer's phone. Its methods are what the customer does.
type Phone struct {
	Customer

	sandbox   *Sandbox
	chats     map[string]*chat // by number
	noMarkets map[string]bool  // numbers whose marketing the customer stopped
}

// chat is a conversation as the customer sees it.
type chat struct {
	messages []*Message
	lastIn   time.Time // of the customer's last message: opens the window
	blocked  bool      // the customer blocked the business
	typing   time.Time
}

const keepMessages = 1000

// Message is a message in a customer's chat.
type Message struct {
	ID       string          `json:"id"`
	Number   string          `json:"number"`
	Customer string          `json:"customer"`
	Business bool            `json:"business"` // from the business
	Type     string          `json:"type"`
	Content  json.RawMessage `json:"content"`
	Context  string          `json:"context,omitempty"`
	Opaque   string          `json:"opaque,omitempty"`
	Category string          `json:"category,omitempty"`
	At       time.Time       `json:"at"`
	Status   string          `json:"status"` // of ours: accepted, sent, delivered, read, failed; of the customer's: sent, read
	Edited   bool            `json:"edited,omitempty"`
	Revoked  bool            `json:"revoked,omitempty"`
	Mine     string          `json:"mine,omitempty"`   // the customer's reaction
	Theirs   string          `json:"theirs,omitempty"` // the business's reaction
	Shown    *Shown          `json:"shown,omitempty"`  // a template, filled in
	Seq      int64           `json:"seq"`
}

func (p *Phone) chat(number string) *chat {
	c := p.chats[number]
	if c == nil {
		c = &chat{}
		p.chats[number] = c
	}
	return c
}

func (c *chat) add(m *Message) {
	c.messages = append(c.messages, m)
	if len(c.messages) > keepMessages {
		c.messages = c.messages[len(c.messages)-keepMessages:]
	}
}

func (c *chat) find(id string) *Message {
	for i := len(c.messages) - 1; i >= 0; i-- {
		if c.messages[i].ID == id {
			return c.messages[i]
		}
	}
	return nil
}

// Messages is what the phone shows of the chat with a number.
func (p *Phone) Messages(n *Number) []Message {
	p.sandbox.mu.Lock()
	defer p.sandbox.mu.Unlock()
	all := make([]Message, 0, len(p.chat(n.ID).messages))
	for _, m := range p.chat(n.ID).messages {
		all = append(all, *m)
	}
	return all
}

// Say sends a text.
func (p *Phone) Say(n *Number, text string) string {
	id, _ := p.Send(n, "text", map[string]any{"body": text}, "")
	return id
}

// Press taps a reply button of the business's message.
func (p *Phone) Press(n *Number, message, buttonID, title string) string {
	id, _ := p.Send(n, "interactive", map[string]any{"type": "button_reply", "button_reply": map[string]any{"id": buttonID, "title": title}}, message)
	return id
}

// React puts an emoji on a message; empty takes it away.
func (p *Phone) React(n *Number, message, emoji string) {
	content := map[string]any{"message_id": message}
	if emoji != "" {
		content["emoji"] = emoji
	}
	_, _ = p.Send(n, "reaction", content, "")
}

// Edit changes the text of a message of the customer's own.
func (p *Phone) Edit(n *Number, message, text string) {
	_, _ = p.Send(n, "edit", map[string]any{"original_message_id": message, "message": map[string]any{"type": "text", "text": map[string]any{"body": text}}}, "")
}

// Revoke deletes a message of the customer's own for everyone.
func (p *Phone) Revoke(n *Number, message string) {
	_, _ = p.Send(n, "revoke", map[string]any{"original_message_id": message}, "")
}

// ErrContent is returned for a message that WhatsApp would not let a customer
// send.
var ErrContent = errors.New("the content does not fit the type")

// Send sends a message of any type, with its content as in the webhook.
func (p *Phone) Send(n *Number, kind string, content any, context string) (string, error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	s := p.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	c := p.chat(n.ID)
	m := &Message{ID: s.wamid(), Number: n.ID, Customer: p.ID, Type: kind, Content: raw, Context: context, At: now, Status: "sent"}
	if err := c.apply(m); err != nil {
		return "", err
	}
	c.lastIn = now
	n.meet(p)
	n.mu.Lock()
	stopped := n.blocked[p.ID]
	n.mu.Unlock()
	if !stopped {
		s.hooks.event(n, p.incoming(n, m))
	}
	s.changed()
	return m.ID, nil
}

// apply shows the message in the customer's own chat.
func (c *chat) apply(m *Message) error {
	var on struct {
		MessageID         string `json:"message_id"`
		Emoji             string `json:"emoji"`
		OriginalMessageID string `json:"original_message_id"`
		Message           map[string]json.RawMessage
	}
	switch m.Type {
	case "reaction":
		if json.Unmarshal(m.Content, &on) != nil || on.MessageID == "" {
			return ErrContent
		}
		if target := c.find(on.MessageID); target != nil {
			target.Mine = on.Emoji
		}
	case "edit", "revoke":
		if json.Unmarshal(m.Content, &on) != nil {
			return ErrContent
		}
		target := c.find(on.OriginalMessageID)
		if target == nil || target.Business {
			return ErrContent
		}
		if m.Type == "revoke" {
			target.Revoked, target.Content = true, json.RawMessage("{}")
		} else {
			target.Edited, target.Content = true, on.Message[target.Type]
		}
	case "":
		return ErrContent
	default:
		c.add(m)
	}
	return nil
}

// incoming is the webhook value for a message of the customer's.
func (p *Phone) incoming(n *Number, m *Message) event {
	message := map[string]any{"id": m.ID, "timestamp": stamp(m.At), "type": m.Type, m.Type: m.Content, "from_user_id": p.UserID}
	if p.Phone != "" {
		message["from"] = p.Phone
	}
	if m.Type == "contacts" {
		message["contacts"] = m.Content
	}
	if m.Type == "unsupported" {
		message["errors"] = []any{map[string]any{"code": 131051, "title": "Message type unknown", "message": "Message type unknown", "error_data": map[string]any{"details": "Message type is currently not supported."}}}
	}
	if m.Context != "" {
		message["context"] = map[string]any{"from": n.Display, "id": m.Context}
	}
	return event{number: n.ID, field: "messages", contact: p.block(), message: message}
}

// block is the customer's entry in a webhook's contacts.
func (p *Phone) block() map[string]any {
	profile := map[string]any{"name": p.Name}
	if p.Username != "" {
		profile["username"] = p.Username
	}
	b := map[string]any{"profile": profile, "user_id": p.UserID}
	if p.Phone != "" {
		b["wa_id"] = p.Phone
	}
	return b
}

// Look opens the chat: everything delivered becomes read.
func (p *Phone) Look(n *Number) {
	s := p.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range p.chat(n.ID).messages {
		if m.Business && m.Status == "delivered" {
			s.status(n, p, m, "read", nil)
		}
	}
	s.changed()
}

// Block blocks or unblocks the business.
func (p *Phone) Block(n *Number, blocked bool) {
	p.sandbox.mu.Lock()
	defer p.sandbox.mu.Unlock()
	p.chat(n.ID).blocked = blocked
	p.sandbox.changed()
}

// Marketing stops or resumes the number's marketing at WhatsApp.
func (p *Phone) Marketing(n *Number, value string) {
	s := p.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.noMarkets == nil {
		p.noMarkets = map[string]bool{}
	}
	p.noMarkets[n.ID] = value == "stop"
	preference := map[string]any{"user_id": p.UserID, "detail": "User requested to " + value + " marketing messages", "category": "marketing_messages", "value": value, "timestamp": s.cfg.Now().Unix()}
	if p.Phone != "" {
		preference["wa_id"] = p.Phone
	}
	s.hooks.event(n, event{number: n.ID, field: "user_preferences", value: map[string]any{
		"messaging_product": "whatsapp", "metadata": n.metadata(), "contacts": []any{p.block()}, "user_preferences": []any{preference}}})
	s.changed()
}

// ChangeNumber gives the customer a new phone number, and with it a new
// business-scoped user id. Each business that the customer has a chat with is
// told.
func (p *Phone) ChangeNumber(phone string) {
	s := p.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	before, oldID := p.Phone, p.UserID
	p.Phone, p.UserID = phone, s.userID()
	for number := range maps.Keys(p.chats) {
		system := map[string]any{"type": "user_changed_number", "body": "User changed number", "wa_id": phone, "user_id": p.UserID}
		message := map[string]any{"id": s.wamid(), "from_user_id": oldID, "timestamp": stamp(s.cfg.Now()), "type": "system", "system": system}
		if before != "" {
			message["from"] = before
		}
		s.hooks.event(s.numbers[number], event{number: number, field: "messages", message: message})
	}
	s.changed()
}

// ShowNumber lets the businesses see the phone number of a customer who was
// known to them by the user id only, from the next message on.
func (p *Phone) ShowNumber(phone string) {
	p.sandbox.mu.Lock()
	defer p.sandbox.mu.Unlock()
	p.Phone = phone
	p.sandbox.changed()
}

// SendFile sends a file as a message of a kind: image, video, audio, document
// or sticker. Voice notes are audio files whose caption is empty.
func (p *Phone) SendFile(n *Number, kind, mimeType string, file []byte, caption string) (string, error) {
	p.sandbox.mu.Lock()
	f := p.sandbox.addFile(mimeType, file)
	p.sandbox.mu.Unlock()
	content := map[string]any{"id": f.id, "mime_type": mimeType, "sha256": f.hash()}
	if caption != "" {
		content["caption"] = caption
	}
	if kind == "audio" {
		content["voice"] = true
	}
	return p.Send(n, kind, content, "")
}

func (n *Number) metadata() map[string]any {
	return map[string]any{"display_phone_number": digits(n.Display), "phone_number_id": n.ID}
}

// Remember opens the window with a number as if the customer had written at a
// moment.
func (p *Phone) Remember(n *Number, at time.Time) {
	p.sandbox.mu.Lock()
	defer p.sandbox.mu.Unlock()
	p.chat(n.ID).lastIn = at
}
