package cloudapi

import (
	"encoding/json"
	"errors"
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

// WebhookError is an error that a webhook reports.
type WebhookError struct {
	Code      int    `json:"code"`
	Title     string `json:"title"`
	Message   string `json:"message"`
	ErrorData struct {
		Details string `json:"details"`
	} `json:"error_data"`
}

// ValueError is an error at the level of the number.
type ValueError struct {
	Head
	Errors []WebhookError
}

type wireContext struct {
	From                string `json:"from"`
	ID                  string `json:"id"`
	Forwarded           bool   `json:"forwarded"`
	FrequentlyForwarded bool   `json:"frequently_forwarded"`
}

type wireMessage struct {
	From             string         `json:"from"`
	FromUserID       string         `json:"from_user_id"`
	FromParentUserID string         `json:"from_parent_user_id"`
	To               string         `json:"to"`
	ToUserID         string         `json:"to_user_id"`
	ID               string         `json:"id"`
	Timestamp        unix           `json:"timestamp"`
	Type             string         `json:"type"`
	Context          *wireContext   `json:"context"`
	Referral         *Referral      `json:"referral"`
	GroupID          string         `json:"group_id"`
	Errors           []WebhookError `json:"errors"`
	Edit             *wireEdit      `json:"edit"`
	Revoke           *wireRevoke    `json:"revoke"`
}

type wireEdit struct {
	OriginalMessageID string          `json:"original_message_id"`
	Message           json.RawMessage `json:"message"`
}

type wireRevoke struct {
	OriginalMessageID string `json:"original_message_id"`
}

func parseMessage(h Head, raw json.RawMessage, people []contactBlock, valueErrors []WebhookError) Event {
	var w wireMessage
	if err := readLoosely(raw, &w); err != nil || w.ID == "" {
		return &Broken{Head: h, Err: errors.New("a message cannot be read")}
	}
	m := &IncomingMessage{Head: h, ID: w.ID, From: w.From, UserID: w.FromUserID, ParentUserID: w.FromParentUserID,
		Timestamp: w.Timestamp.Time, Referral: w.Referral, GroupID: w.GroupID, Errors: w.Errors}
	if w.Type == TypeInteractive && len(m.Errors) == 0 {
		m.Errors = valueErrors
	}
	if c := w.Context; c != nil {
		m.ContextID, m.ContextFrom, m.Forwarded, m.FrequentlyForwarded = c.ID, c.From, c.Forwarded, c.FrequentlyForwarded
	}
	m.introduce(people)
	m.Edit, m.Revoke = w.changes()
	if m.Edit == nil && m.Revoke == nil {
		m.Content = parseContent(w.Type, raw)
	}
	if m.From == "" && m.UserID == "" && m.ParentUserID == "" && m.GroupID == "" && m.Content.System == nil {
		return &Broken{Head: h, Err: errors.New("a message without a sender")}
	}
	return m
}

func (w *wireMessage) changes() (*Edit, *Revoke) {
	switch {
	case w.Type == TypeEdit && w.Edit != nil && w.Edit.OriginalMessageID != "":
		var inner struct {
			Type string `json:"type"`
		}
		_ = json.Unmarshal(w.Edit.Message, &inner)
		return &Edit{OriginalID: w.Edit.OriginalMessageID, Content: parseContent(inner.Type, w.Edit.Message)}, nil
	case w.Type == TypeRevoke && w.Revoke != nil && w.Revoke.OriginalMessageID != "":
		return nil, &Revoke{OriginalID: w.Revoke.OriginalMessageID}
	default:
		return nil, nil
	}
}

// introduce finds the sender among the contacts of the webhook.
func (m *IncomingMessage) introduce(people []contactBlock) {
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
}

// parseContent reads the part of a message that its type names. What this
// version does not know, or cannot read, becomes TypeUnsupported.
func parseContent(kind string, raw json.RawMessage) Content {
	switch kind {
	case TypeText, TypeImage, TypeVideo, TypeAudio, TypeDocument, TypeSticker, TypeLocation, TypeContacts, TypeReaction,
		TypeInteractive, TypeTemplate, TypeButton, TypeOrder, TypeSystem:
		var c Content
		if err := json.Unmarshal(raw, &c); err == nil && c.has(kind) {
			c = c.only(kind)
			return c
		}
	case TypeRequestWelcome:
		return Content{Type: TypeRequestWelcome}
	case TypeUnsupported:
		var c Content
		if json.Unmarshal(raw, &c) == nil && c.Unsupported != nil {
			return Content{Type: TypeUnsupported, Unsupported: c.Unsupported}
		}
		return Content{Type: TypeUnsupported, Unsupported: &Unsupported{}}
	}
	return Content{Type: TypeUnsupported, Unsupported: &Unsupported{Type: kind}}
}

func (c *Content) has(kind string) bool {
	switch kind {
	case TypeText:
		return c.Text != nil
	case TypeImage:
		return c.Image != nil
	case TypeVideo:
		return c.Video != nil
	case TypeAudio:
		return c.Audio != nil
	case TypeDocument:
		return c.Document != nil
	case TypeSticker:
		return c.Sticker != nil
	case TypeLocation:
		return c.Location != nil
	case TypeContacts:
		return c.Contacts != nil
	case TypeReaction:
		return c.Reaction != nil
	case TypeInteractive:
		return c.Interactive != nil
	case TypeTemplate:
		return c.Template != nil
	case TypeButton:
		return c.Button != nil
	case TypeOrder:
		return c.Order != nil
	case TypeSystem:
		return c.System != nil
	default:
		return false
	}
}

// only keeps the part that the type names.
func (c Content) only(kind string) Content {
	o := Content{Type: kind}
	switch kind {
	case TypeText:
		o.Text = c.Text
	case TypeImage:
		o.Image = c.Image
	case TypeVideo:
		o.Video = c.Video
	case TypeAudio:
		o.Audio = c.Audio
	case TypeDocument:
		o.Document = c.Document
	case TypeSticker:
		o.Sticker = c.Sticker
	case TypeLocation:
		o.Location = c.Location
	case TypeContacts:
		o.Contacts = c.Contacts
	case TypeReaction:
		o.Reaction = c.Reaction
	case TypeInteractive:
		o.Interactive = c.Interactive
	case TypeTemplate:
		o.Template = c.Template
	case TypeButton:
		o.Button = c.Button
	case TypeOrder:
		o.Order = c.Order
	case TypeSystem:
		o.System = c.System
	}
	return o
}

// Echo is what our staff wrote in the WhatsApp Business app on a coexistence
// number, or what Meta's agent answered on the number (Cloud API: standby).
type Echo struct {
	pii.Personal
	Head
	ID        string
	To        string
	ToUserID  string
	Timestamp time.Time
	Content   Content
	Edit      *Edit
	Revoke    *Revoke
	Agent     bool // Meta's agent wrote it
}

func parseEchoes(h Head, raw json.RawMessage) []Event {
	var v struct {
		Metadata metadata          `json:"metadata"`
		Echoes   []json.RawMessage `json:"message_echoes"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return []Event{&Broken{Head: h, Err: errors.New("the value cannot be read")}}
	}
	h.PhoneNumberID = v.Metadata.PhoneNumberID
	var events []Event
	for _, r := range v.Echoes {
		events = append(events, parseEcho(h, r))
	}
	return events
}

func parseEcho(h Head, raw json.RawMessage) Event {
	var w wireMessage
	if readLoosely(raw, &w) != nil || w.ID == "" || w.To == "" && w.ToUserID == "" {
		return &Broken{Head: h, Err: errors.New("an echo cannot be read")}
	}
	e := &Echo{Head: h, ID: w.ID, To: w.To, ToUserID: w.ToUserID, Timestamp: w.Timestamp.Time, Agent: h.Field == fieldStandby}
	if e.Edit, e.Revoke = w.changes(); e.Edit == nil && e.Revoke == nil {
		e.Content = parseContent(w.Type, raw)
	}
	return e
}

// fieldStandby brings the messages of a thread that Meta's agent holds, in the
// form of the field "messages".
const fieldStandby = "standby"

// ofAgent reports whether a message on standby is an answer of Meta's agent:
// it goes to the customer, and comes from the number if it says from where.
func ofAgent(h Head, raw json.RawMessage, number string) bool {
	var w wireMessage
	return h.Field == fieldStandby && readLoosely(raw, &w) == nil && (w.To != "" || w.ToUserID != "") &&
		w.FromUserID == "" && (w.From == "" || w.From == digits(number))
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
