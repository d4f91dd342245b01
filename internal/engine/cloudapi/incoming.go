package cloudapi

import (
	"errors"
	"slices"
	"strings"
	"time"

	"einklang/internal/rule/pii"
)

// IncomingMessage is a message from a user. From is absent for users who are
// known by their business-scoped user id only.
type IncomingMessage struct {
	pii.Personal
	Head
	ID                  string
	From                string // phone number, E.164 digits
	UserID              string // BSUID
	ParentUserID        string
	Name                string
	Username            string
	Timestamp           time.Time
	Content             Content
	ContextID           string // the message it answers
	ContextFrom         string
	Forwarded           bool
	FrequentlyForwarded bool
	Referral            *Referral
	Product             *Product // that it asks about
	GroupID             string
	Errors              []WebhookError
	Edit                *Edit
	Revoke              *Revoke
}

// Edit says that the user changed an earlier message.
type Edit struct {
	pii.Personal
	OriginalID string
	Content    Content
}

// Revoke says that the user deleted an earlier message for everyone.
type Revoke struct {
	pii.Personal
	OriginalID string
}

// Referral tells of the advertisement that led the user here.
type Referral struct {
	pii.Personal
	SourceURL    string `json:"source_url,omitempty"`
	SourceID     string `json:"source_id,omitempty"`
	SourceType   string `json:"source_type,omitempty"`
	Headline     string `json:"headline,omitempty"`
	Body         string `json:"body,omitempty"`
	MediaType    string `json:"media_type,omitempty"`
	ImageURL     string `json:"image_url,omitempty"`
	VideoURL     string `json:"video_url,omitempty"`
	ThumbnailURL string `json:"thumbnail_url,omitempty"`
	CtwaClid     string `json:"ctwa_clid,omitempty"`
}

// ValueError is an error at the level of the number.
type ValueError struct {
	Head
	Errors []WebhookError
}

type wireContext struct {
	pii.Personal
	From                string   `json:"from"`
	ID                  string   `json:"id"`
	Forwarded           bool     `json:"forwarded"`
	FrequentlyForwarded bool     `json:"frequently_forwarded"`
	Product             *Product `json:"referred_product"`
}

type wireMessage struct {
	wireContent
	From             string         `json:"from"`
	FromUserID       string         `json:"from_user_id"`
	FromParentUserID string         `json:"from_parent_user_id"`
	To               string         `json:"to"`
	ToUserID         string         `json:"to_user_id"`
	RecipientType    string         `json:"recipient_type"`
	ID               string         `json:"id"`
	Timestamp        unix           `json:"timestamp"`
	Context          *wireContext   `json:"context"`
	Referral         *Referral      `json:"referral"`
	GroupID          string         `json:"group_id"`
	Errors           []WebhookError `json:"errors"`
	Edit             *wireEdit      `json:"edit"`
	Revoke           *wireRevoke    `json:"revoke"`
}

type wireEdit struct {
	pii.Personal
	OriginalMessageID string       `json:"original_message_id"`
	Message           *wireContent `json:"message"`
}

type wireRevoke struct {
	pii.Personal
	OriginalMessageID string `json:"original_message_id"`
}

func parseMessage(h Head, w *wireMessage, people []contactBlock, alone bool, valueErrors []WebhookError) []Event {
	if w == nil {
		return []Event{&Broken{Head: h, Err: errors.New("a message cannot be read")}}
	}
	m := &IncomingMessage{Head: h, ID: w.ID, From: w.From, UserID: w.FromUserID, ParentUserID: w.FromParentUserID,
		Timestamp: w.Timestamp.Time, Referral: w.Referral, GroupID: w.group(), Errors: w.Errors}
	if w.Type == TypeInteractive && len(m.Errors) == 0 {
		m.Errors = valueErrors
	}
	if c := w.Context; c != nil {
		m.ContextID, m.ContextFrom, m.Forwarded, m.FrequentlyForwarded, m.Product = c.ID, c.From, c.Forwarded, c.FrequentlyForwarded, c.Product
	}
	m.introduce(people, alone)
	var odd Event
	if m.Edit, m.Revoke, odd = w.changes(h); m.Edit == nil && m.Revoke == nil {
		m.Content, odd = w.content(h, m.Errors)
	}
	if m.From == "" && m.UserID == "" && m.ParentUserID == "" && m.GroupID == "" && m.Content.System == nil {
		return []Event{&Broken{Head: h, Err: errors.New("a message without a sender")}}
	}
	if m.ID == "" {
		return append(beside(&Unnumbered{IncomingMessage: *m}, odd), &Broken{Head: h, Err: errors.New("a message without an id")})
	}
	return beside(m, odd)
}

// Unnumbered is a message without an id. It cannot be kept as a message, since it
// could not be told from itself when it comes again; what it says counts.
type Unnumbered struct{ IncomingMessage }

// beside is an event with what was not understood of it.
func beside(e, odd Event) []Event {
	if odd == nil {
		return []Event{e}
	}
	return []Event{e, odd}
}

func (w *wireMessage) changes(h Head) (*Edit, *Revoke, Event) {
	switch {
	case w.Type == TypeEdit && w.Edit != nil && w.Edit.OriginalMessageID != "":
		var inner wireContent
		if w.Edit.Message != nil {
			inner = *w.Edit.Message
		}
		content, odd := inner.content(h, nil)
		return &Edit{OriginalID: w.Edit.OriginalMessageID, Content: content}, nil, odd
	case w.Type == TypeRevoke && w.Revoke != nil && w.Revoke.OriginalMessageID != "":
		return nil, &Revoke{OriginalID: w.Revoke.OriginalMessageID}, nil
	default:
		return nil, nil, nil
	}
}

// group is the group that a message was written in; empty for one between two.
func (w *wireMessage) group() string {
	switch {
	case w.GroupID != "":
		return w.GroupID
	case w.RecipientType == "group", strings.HasSuffix(w.To, "@g.us"):
		return w.To
	default:
		return ""
	}
}

// ofOneSender reports whether all messages of a webhook are from one person.
func ofOneSender(all []*wireMessage) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(w *wireMessage) bool {
		return w == nil || all[0] == nil || w.GroupID != "" || w.From != all[0].From || w.FromUserID != all[0].FromUserID
	})
}

// introduce finds the sender among the contacts of the webhook. Alone, she is
// the one who is named there, even if her number is written in another way than
// in her message (Brazil's ninth digit).
func (m *IncomingMessage) introduce(people []contactBlock, alone bool) {
	for _, c := range people {
		mine := m.From != "" && c.WaID == m.From || m.UserID != "" && c.UserID == m.UserID ||
			len(people) == 1 && (m.From == "" || c.WaID == "") && (m.UserID == "" || c.UserID == "")
		if !mine {
			continue
		}
		m.Name, m.Username = c.Profile.Name, c.Profile.Username
		if m.From == "" {
			m.From = c.WaID
		}
		if m.UserID == "" {
			m.UserID = c.UserID
		}
		if m.ParentUserID == "" {
			m.ParentUserID = c.ParentUserID
		}
		return
	}
	if alone && len(people) == 1 {
		m.Name = people[0].Profile.Name
	}
}

// Echo is what our staff wrote in the WhatsApp Business app on a coexistence
// number, or what Meta's agent answered on the number (Cloud API: standby).
type Echo struct {
	pii.Personal
	Head
	ID        string
	To        string
	ToUserID  string
	GroupID   string
	Timestamp time.Time
	Content   Content
	Edit      *Edit
	Revoke    *Revoke
	Agent     bool // Meta's agent wrote it
}

func parseEcho(h Head, w *wireMessage) []Event {
	if w == nil || w.ID == "" || w.To == "" && w.ToUserID == "" && w.GroupID == "" {
		return []Event{&Broken{Head: h, Err: errors.New("an echo cannot be read")}}
	}
	e := &Echo{Head: h, ID: w.ID, To: w.To, ToUserID: w.ToUserID, GroupID: w.group(), Timestamp: w.Timestamp.Time, Agent: h.Field == fieldStandby}
	var odd Event
	if e.Edit, e.Revoke, odd = w.changes(h); e.Edit == nil && e.Revoke == nil {
		e.Content, odd = w.content(h, w.Errors)
	}
	return beside(e, odd)
}

// fieldStandby brings the messages of a thread that Meta's agent holds, in the
// form of the field "messages".
const fieldStandby = "standby"

// ofAgent reports whether a message on standby is an answer of Meta's agent:
// it goes to the customer, and comes from the number if it says from where.
func ofAgent(h Head, w *wireMessage, number string) bool {
	return h.Field == fieldStandby && w != nil && (w.To != "" || w.ToUserID != "") &&
		w.FromUserID == "" && (w.From == "" || digits(w.From) == digits(number))
}

// digits are the digits of a number as it is shown.
func digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}
